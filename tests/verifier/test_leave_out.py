"""A release as it would be without one person's labels: exact, by deciding anew."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from annotation.deciding.resolution import item_resolve
from annotation.models import Project, QueueItem, Resolution
from tests.factories import labels_for, make_item, make_project, make_user, submit
from verifier.models import VerifierRelease
from verifier.services.leave_out import Without, release_without
from verifier.services.release import release_cut
from verifier.services.truth import truth_refresh

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> list[User]:
    return [make_user(username=name) for name in ("anna", "ben", "chen")]


def decided(project: Project, people: list[User], tiers: str, gold: str = "") -> QueueItem:
    """An item whose tier each person gave; the other steps are undisputed."""
    item = make_item(project)
    if gold:
        item.rollout.pair.gold = {"5": gold}
        item.rollout.pair.save()
    for person, tier in zip(people, tiers, strict=True):
        submit(item, person, labels_for(tier=tier))
    item.refresh_from_db()
    assert item_resolve(item=item) == QueueItem.State.RESOLVED
    return item


def released(project: Project) -> VerifierRelease:
    truth_refresh(project=project)
    return release_cut(project=project)


def tier_of(without: Without, item: QueueItem) -> tuple[str, str] | None:
    rows = [row for row in without.table.rows() if row[:2] == [str(item.rollout.pair_id), 5]]
    return (rows[0][2], rows[0][3]) if rows else None


def test_what_a_lost_tier_implied_is_lost_with_it(people: list[User]) -> None:
    project = make_project(overlap=3)
    item = decided(project, people, "441")
    pair = item.rollout.pair
    Resolution.objects.filter(pair=pair, kind__in=(3, 4)).delete()
    release = released(project)
    implied = [str(pair.pk), 3, "match", "implied"]
    assert implied in [row[:4] for row in release_without(release, people[2]).table.rows()]
    rows = release_without(release, people[0]).table.rows()
    assert not [row for row in rows if row[1] in (3, 5)]


def test_a_majority_of_three_may_be_lost_with_one_of_it(people: list[User]) -> None:
    project = make_project(overlap=3)
    item = decided(project, people, "332")
    release = released(project)
    # anna was with the majority: ben and chen differ, and nothing is decided
    assert tier_of(release_without(release, people[0]), item) is None
    # chen was alone: the other two agree as before
    alone = release_without(release, people[2])
    assert tier_of(alone, item) == ("3", "consensus")
    assert (alone.truths, alone.changed, alone.lost) == (5, 0, 0)
    first = release_without(release, people[0])
    assert (first.truths, first.changed, first.lost) == (5, 0, 1)


def test_the_word_of_the_one_who_is_left_decides_nothing(people: list[User]) -> None:
    project = make_project(overlap=2)
    item = decided(project, people[:2], "33")
    without = release_without(released(project), people[0])
    assert (without.truths, without.lost) == (5, 5)
    assert tier_of(without, item) is None
    assert len(without.table) == 0
    assert without.table.steps() == []


def test_what_was_imported_stands_where_people_decide_nothing(people: list[User]) -> None:
    project = make_project(overlap=2)
    item = decided(project, people[:2], "33", gold="1")
    release = released(project)
    assert tier_of(release_without(release, people[2]), item) == ("3", "consensus")
    without = release_without(release, people[0])
    assert tier_of(without, item) == ("1", "gold")
    assert (without.changed, without.lost) == (1, 4)


def test_somebody_who_labelled_nothing_changes_nothing(people: list[User]) -> None:
    project = make_project(overlap=2)
    decided(project, people[:2], "33")
    release = released(project)
    without = release_without(release, people[2])
    assert (without.truths, without.changed, without.lost) == (0, 0, 0)
    assert [row[:4] for row in without.table.rows()] == [
        row[:4] for row in release_without(release, make_user()).table.rows()
    ]
    assert len(without.table) == 3


def test_another_item_of_the_pair_may_say_it_instead(people: list[User]) -> None:
    project = make_project(overlap=2)
    project.reuse = False  # the same question twice is what this is about
    project.save()
    item = decided(project, people[:2], "33")
    other = make_item(project)
    other.rollout.pair = item.rollout.pair
    other.rollout.save()
    for person in people[1:]:
        submit(other, person, labels_for(tier="2"))
    other.refresh_from_db()
    item_resolve(item=other)
    release = released(project)
    # the newer decision is in the release; without chen the older one stands
    without = release_without(release, people[2])
    assert tier_of(without, item) == ("3", "consensus")
    assert without.changed == 1
