"""Agreement by slice, explained, and on its pages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotation.cot.steps import StepKind
from annotation.models import Project, QueueItem, StepLabel
from annotation.people.roles import Role
from annotation.quality.agreement import (
    agreement_explained,
    agreement_items,
    agreement_slices,
    kappa_table,
)
from tests.factories import labels_for, make_item, make_project, make_user, submit

pytestmark = pytest.mark.django_db
FINAL = StepKind.FINAL


@pytest.fixture
def people() -> tuple[User, User]:
    return make_user(), make_user()


@pytest.fixture
def project(people: tuple[User, User]) -> Project:
    """Four items: tiers 2-2, 3-3 in week 1 (general), 2-2, 2-3 in week 2 (negation)."""
    project = make_project(overlap=2)
    tiers = [("2", "2", "general", 2), ("3", "3", "general", 3), ("2", "2", "negation", 9),
            ("2", "3", "negation", 10)]  # fmt: skip
    for one, other, query_type, day in tiers:
        item = make_item(project)
        pair = item.rollout.pair
        pair.query_type = query_type
        pair.save()
        for person, tier in zip(people, (one, other), strict=True):
            submit(item, person, labels_for(tier=tier))
        when = datetime(2026, 3, day, 12, tzinfo=UTC)  # the 2nd and 9th are Mondays
        StepLabel.objects.filter(item=item).update(created_at=when)
    return project


def test_alpha_is_given_for_every_value_of_a_slice_with_its_n(project: Project) -> None:
    rows = {row.value: row.by_kind[5] for row in agreement_slices(project, "query_type")}
    assert set(rows) == {"general", "negation"}
    assert (rows["general"].value, rows["general"].n_items) == (1.0, 2)
    assert rows["negation"].value == 0.0  # 1 of 2 differ: observed 2/4, expected 6/12
    assert [row.value for row in agreement_slices(project, "split")] == ["train"]


def test_weeks_are_in_order_and_named_by_their_monday(project: Project) -> None:
    rows = agreement_slices(project, "week")
    assert [(row.value, row.by_kind[5].n_items) for row in rows] == [
        ("2026-03-02", 2),
        ("2026-03-09", 2),
    ]


def test_an_annotators_alpha_is_over_the_items_that_person_judged(
    project: Project, people: tuple[User, User]
) -> None:
    third, fourth = make_user(), make_user()
    for tier in ("2", "4"):
        item = make_item(project)
        for person in (third, fourth):
            submit(item, person, labels_for(tier=tier))
    rows = {row.value: row for row in agreement_slices(project, "annotator")}
    assert set(rows) == {str(u) for u in (*people, third, fourth)}
    assert rows[str(third)].by_kind[5].value == 1.0
    assert rows[str(third)].key == str(third.pk)
    assert rows[str(people[0])].by_kind[5].n_items == 4


def test_explain_this_number_shows_the_items_behind_it(
    project: Project, people: tuple[User, User]
) -> None:
    alone = make_item(project)
    submit(alone, people[0], labels_for(tier="1"))
    explained, single = agreement_explained(project, FINAL)
    assert (explained.alpha.n_items, explained.alpha.n_labels, single) == (4, 8, 1)
    assert explained.matrix() == [("2", [4.0, 1.0]), ("3", [1.0, 2.0])]
    behind = agreement_items(project, FINAL, "query_type", "negation")
    assert [row.differ for row in behind] == [True, False]
    assert sorted(behind[0].answers) == sorted([(str(people[0]), "2"), (str(people[1]), "3")])
    mine = agreement_items(project, FINAL, "annotator", str(people[0].pk))
    assert len(mine) == 4
    assert agreement_items(project, FINAL, limit=1)[0].differ


def test_undone_unsure_and_gold_labels_do_not_count(
    project: Project, people: tuple[User, User]
) -> None:
    first = agreement_items(project, FINAL)[0].item_id
    QueueItem.objects.filter(pk=first).update(state="gold")
    assert agreement_explained(project, FINAL)[0].alpha.n_items == 3
    StepLabel.objects.filter(annotator=people[0]).update(verdict="unsure")
    assert agreement_explained(project, FINAL)[0].alpha.undefined_reason == (
        "no item has two labels"
    )


def test_kappa_of_the_final_step_is_also_weighted(project: Project) -> None:
    (row,) = kappa_table(project, FINAL)
    # p_o 3/4; one says 2 3 of 4 times, the other 2 of 4: p_e 1/2
    assert (row["kappa"], row["n"]) == (0.5, 4)
    assert row["weighted"] == 0.5, "with two neighbouring values the weights change nothing"
    assert kappa_table(project, StepKind.CATEGORY)[0]["weighted"] is None


def test_the_pages_lead_from_a_number_to_its_items(client: Client, project: Project) -> None:
    client.force_login(make_user(Role.LEAD))
    home = f"/quality/{project.slug}/agreement/"
    page = client.get(home, {"by": "query_type"}).content.decode()
    assert "explain/?step=5&amp;by=query_type&amp;key=negation" in page
    one = {"step": "5", "by": "query_type", "key": "negation"}
    shown = " ".join(client.get(home + "explain/", one).content.decode().split())
    assert "2.0000 / 2.0000 = 0.0000" in shown, "four labels, so two ranks squared apart"
    item = agreement_items(project, FINAL)[0].item_id
    assert f"/quality/items/{item}/" in shown
    assert client.get(home + "explain/").status_code == 404
    for by in ("annotator", "week", "split", "nonsense"):
        assert client.get(home, {"by": by}).status_code == 200


def test_the_tables_download_as_csv(client: Client, project: Project) -> None:
    client.force_login(make_user(Role.ML_ENGINEER))
    home = f"/quality/{project.slug}/agreement/"
    answer = client.get(home, {"by": "query_type", "csv": "slices"})
    assert answer["Content-Type"].startswith("text/csv")
    lines = answer.content.decode().splitlines()
    assert lines[0] == "query_type,step,alpha,n_items,n_labels,undefined_reason"
    assert "negation,5,0.0,2,4," in lines
    kappa = client.get(home, {"step": "5", "csv": "kappa"}).content.decode().splitlines()
    assert kappa[1].endswith(",0.5,0.5,4")
    client.force_login(make_user())
    assert client.get(home).status_code == 403
