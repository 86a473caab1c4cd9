"""What an answer to gold does: the pause rule, disputes, and nothing to the truth."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from annotation.cot.errors import Conflict, Denied, Invalid
from annotation.deciding.resolution import item_resolve
from annotation.exports.formats import ExportFilter
from annotation.exports.rows import label_total, labelled_total
from annotation.labelling.disputes import dispute_decide, dispute_open
from annotation.labelling.gold import gold_retry
from annotation.labelling.gold_select import gold_by_person, gold_by_week, gold_list
from annotation.labelling.gold_settings import quality_settings_save
from annotation.labelling.items import items_due_for_resolution
from annotation.labelling.pauses import pause_lift
from annotation.labelling.queue import queue_claim
from annotation.labelling.queue_select import queue_state
from annotation.models import (
    GoldTry,
    Pause,
    Project,
    Resolution,
    StepLabel,
)
from annotation.people.roles import Role
from annotation.quality.progress import item_counts, label_count
from tests.annotation.labelling.gold_world import (
    TRUE,
    answer,
    claim_next,
    gold_project,
    make_gold,
    served,
)
from tests.factories import (
    make_item,
    make_project,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead() -> User:
    return make_user(Role.LEAD)


@pytest.fixture
def project() -> Project:
    return gold_project()


# What an answer does, and does not do


def test_gold_answers_never_become_votes_or_truth(project: Project) -> None:
    user = make_user()
    make_item(project)
    gold = make_gold(project)
    before = item_counts(project)
    row = answer(user, claim_next(user, project))
    row.item.refresh_from_db()
    assert row.item.state == "gold"
    assert StepLabel.objects.filter(item=row.item).count() == 5, "what was said is kept"
    later = timezone.now() + timedelta(days=1)
    assert list(items_due_for_resolution(now=later)) == []
    assert item_resolve(item=row.item) == "gold"
    assert not Resolution.objects.filter(item__rollout=gold.rollout).exists()
    assert (item_counts(project), label_count(project)) == (before, 0)
    exported = ExportFilter(project)
    assert (label_total(exported), labelled_total(exported)) == (0, 0)


def test_the_first_attempt_counts_and_tries_are_limited(project: Project) -> None:
    user = make_user()
    make_item(project)
    make_gold(project)
    first = answer(user, claim_next(user, project), tier="4")
    assert first.wrong == [5]
    assert first.score == pytest.approx(2 / 3)
    with pytest.raises(Denied):
        gold_retry(gold_try=first, annotator=make_user())
    again = gold_retry(gold_try=first, annotator=user)
    assert again.draft["5"]["value"] == "4", "the last answers are there to correct"
    with pytest.raises(Conflict, match="no attempts left"):
        gold_retry(gold_try=first, annotator=user)
    second = answer(user, again, tier="3")
    with pytest.raises(Conflict, match="no attempts left"):
        gold_retry(gold_try=second, annotator=user)
    assert gold_by_person(project)[user.pk]["accuracy"] == pytest.approx(2 / 3)
    (week,) = gold_by_week(project, user)
    assert (week["n"], week["accuracy"]) == (1, pytest.approx(2 / 3))
    (row,) = map(vars, gold_list(project))
    assert (row["people"], row["disputed"]) == (1, 0)
    assert row["mean"] == pytest.approx(2 / 3)


# The pause rule


def paused(project: Project, user: User) -> Pause:
    """Two gold items with one of three steps wrong each: 67 percent, under 70."""
    quality_settings_save(
        project=project,
        lead=make_user(Role.LEAD),
        numbers={"pause_below": 70, "pause_window": 2},
        choices={"consensus": "majority"},
    )
    make_item(project)
    for _ in range(2):
        make_gold(project)
    answer(user, claim_next(user, project), tier="4")
    assert not Pause.objects.exists(), "the window is not full yet"
    answer(user, claim_next(user, project), tier="4")
    return Pause.objects.get()


def test_too_many_wrong_steps_pause_a_person_who_is_told_why(project: Project) -> None:
    user, other = make_user(), make_user()
    pause = paused(project, user)
    assert (pause.n, pause.threshold) == (2, 0.7)
    assert pause.accuracy == pytest.approx(2 / 3)
    assert queue_claim(annotator=user, project=project) is None
    assert queue_claim(annotator=user) is None, "nor by way of all projects"
    state = queue_state(user, project)
    assert (state.why, state.pauses) == ("paused", (pause,))
    assert queue_claim(annotator=other, project=project) is not None
    elsewhere = make_item(make_project())
    claim = queue_claim(annotator=user)
    assert claim is not None
    assert claim.item == elsewhere


def test_a_lead_lifts_a_pause_and_the_window_starts_afresh(project: Project) -> None:
    user = make_user()
    pause = paused(project, user)
    with pytest.raises(Denied):
        pause_lift(pause=pause, lead=user)
    pause_lift(pause=pause, lead=make_user(Role.LEAD), note="read the guideline together")
    make_gold(project)
    claim = served(user, project, draw=0.0)
    assert claim is not None
    answer(user, claim, tier="4")
    assert not Pause.objects.filter(lifted_at=None).exists(), "one item is not two"
    with pytest.raises(Conflict):
        pause_lift(pause=pause, lead=make_user(Role.LEAD))


# Disputes


def test_a_gold_label_can_be_disputed_and_the_trail_stays(project: Project, lead: User) -> None:
    user = make_user()
    make_item(project)
    gold = make_gold(project, TRUE | {"5": "4"})  # a mistake: the rules give 2
    row = answer(user, claim_next(user, project))
    with pytest.raises(Invalid, match="say why"):
        dispute_open(gold_try=row, annotator=user, reason=" ")
    with pytest.raises(Denied):
        dispute_open(gold_try=row, annotator=make_user(), reason="x")
    dispute = dispute_open(gold_try=row, annotator=user, reason="The rules give tier 2.")
    with pytest.raises(Conflict, match="disputed this gold item already"):
        dispute_open(gold_try=row, annotator=user, reason="again")
    with pytest.raises(Denied):
        dispute_decide(dispute=dispute, lead=user, answers=TRUE)
    with pytest.raises(Invalid):
        dispute_decide(dispute=dispute, lead=lead, answers={"5": "9"})
    decided = dispute_decide(dispute=dispute, lead=lead, answers=TRUE, note="You are right.")
    gold.refresh_from_db()
    row.refresh_from_db()
    assert gold.answers == TRUE
    assert (decided.state, decided.answers_before["5"], decided.answers_after) == (
        "changed",
        "4",
        TRUE,
    )
    assert (decided.decided_by, decided.decision_note) == (lead, "You are right.")
    assert (row.wrong, row.score) == ([], 1.0), "the answer is scored against the new gold"
    with pytest.raises(Conflict, match="decided already"):
        dispute_decide(dispute=dispute, lead=lead, answers=None)


def test_an_upheld_gold_stays_as_it_is(project: Project, lead: User) -> None:
    user = make_user()
    make_item(project)
    gold = make_gold(project)
    row = answer(user, claim_next(user, project), tier="4")
    dispute = dispute_open(gold_try=row, annotator=user, reason="I think 4.")
    assert dispute_decide(dispute=dispute, lead=lead, answers=TRUE).state == "upheld"
    gold.refresh_from_db()
    row.refresh_from_db()
    assert (gold.answers, row.wrong) == (TRUE, [5])


def test_a_changed_gold_lifts_the_pause_it_had_caused(project: Project, lead: User) -> None:
    user = make_user()
    pause = paused(project, user)
    row = GoldTry.objects.filter(annotator=user).order_by("pk")[0]
    dispute = dispute_open(gold_try=row, annotator=user, reason="It is 4.")
    dispute_decide(dispute=dispute, lead=lead, answers=TRUE | {"5": "4"})
    pause.refresh_from_db()
    assert pause.lifted_at is not None, "5 of 6 steps are right now"
    assert pause.note == "a gold answer was changed"


def test_settings_outside_their_limits_are_refused(project: Project, lead: User) -> None:
    for numbers, refusal in (
        ({"gold_percent": 51}, "between 0 and 50"),
        ({"gold_tries": 0}, "between 1 and 10"),
        ({"nonsense": 1}, "no setting nonsense"),
    ):
        with pytest.raises(Invalid, match=refusal):
            quality_settings_save(
                project=project, lead=lead, numbers=numbers, choices={"consensus": "majority"}
            )
    with pytest.raises(Denied):
        quality_settings_save(
            project=project, lead=make_user(), numbers={}, choices={"consensus": "majority"}
        )
