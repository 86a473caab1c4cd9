"""From labels to decisions: consensus, one more person, a lead."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from annotation.cot.errors import Conflict, Denied, Invalid
from annotation.cot.labels import LabelInput
from annotation.cot.steps import HEADINGS, StepKind
from annotation.deciding.resolution import (
    StepDecision,
    item_adjudicate,
    item_reopen,
    item_resolve,
    item_resolve_due,
)
from annotation.labelling.items import items_due_for_resolution, split_items
from annotation.labelling.submit import label_submit, submission_undo
from annotation.models import Assignment, QueueItem, Resolution
from annotation.people.roles import Role
from tests.factories import (
    cot,
    labels_for,
    make_item,
    make_project,
    make_user,
    submit,
)

pytestmark = pytest.mark.django_db


def split_item() -> QueueItem:
    """Two people, two tiers, nobody else to ask."""
    item = make_item(make_project(overlap=2, max_overlap=2))
    submit(item, make_user())
    submit(item, make_user(), labels_for(tier="3"))
    assert item_resolve(item=item) == QueueItem.State.SPLIT
    return item


def decided(item: QueueItem) -> dict[int, tuple[str, str, str]]:
    rows = Resolution.objects.filter(item=item).order_by("pk")
    return {row.kind: (row.source, row.verdict, row.value) for row in rows}


def test_full_agreement_resolves_every_step() -> None:
    item = make_item(make_project(overlap=2))
    for _ in range(2):
        submit(item, make_user())
    assert item_resolve(item=item) == QueueItem.State.RESOLVED
    assert decided(item) == {
        1: ("consensus", "correct", ""),
        2: ("consensus", "correct", ""),
        3: ("consensus", "correct", "match"),
        4: ("consensus", "correct", "none"),
        5: ("consensus", "correct", "2"),
    }
    row = Resolution.objects.get(item=item, kind=5)
    assert (row.n, row.agreement) == (2, 1.0)
    assert row.step_sha256 == item.rollout.steps.get(kind=5).sha256


def test_resolving_again_changes_nothing() -> None:
    item = make_item(make_project(overlap=1))
    submit(item, make_user())
    for _ in range(2):
        assert item_resolve(item=item) == QueueItem.State.RESOLVED
    assert Resolution.objects.count() == 5


def test_a_split_asks_one_more_person_whose_word_then_decides() -> None:
    item = make_item(make_project(overlap=2, max_overlap=3))
    submit(item, make_user())
    submit(item, make_user(), labels_for(tier="3"))
    assert item_resolve(item=item) == QueueItem.State.OPEN
    assert not Resolution.objects.exists()
    submit(item, make_user(), labels_for(tier="3"))
    assert item_resolve(item=item) == QueueItem.State.RESOLVED
    assert decided(item)[5] == ("consensus", "incorrect", "3")
    assert Resolution.objects.get(kind=5).agreement == pytest.approx(2 / 3)


def test_at_the_maximum_a_split_waits_for_a_lead_and_keeps_what_was_agreed() -> None:
    item = split_item()
    assert sorted(decided(item)) == [1, 2, 3, 4]
    assert list(split_items(item.project)) == [item]


def test_three_different_tiers_can_be_settled_by_the_median() -> None:
    item = make_item(make_project(overlap=3, max_overlap=3), kinds=[5])
    for tier in ("4", "1", "3"):
        submit(item, make_user(), [LabelInput(5, "incorrect", tier)])
    assert item_resolve(item=item, ordinal_median=True) == QueueItem.State.RESOLVED
    assert decided(item) == {5: ("consensus", "incorrect", "3")}


def test_a_lead_decides_the_split_step() -> None:
    item, lead = split_item(), make_user(Role.LEAD)
    item_adjudicate(
        item=item, lead=lead, decisions={5: StepDecision("incorrect", "3")}, cause="other"
    )
    item.refresh_from_db()
    assert item.state == QueueItem.State.RESOLVED
    assert decided(item)[5] == ("adjudicated", "incorrect", "3")
    row = Resolution.objects.get(item=item, kind=5)
    assert (row.n, row.agreement, row.decided_by, row.cause) == (2, 0.5, lead, "other")


@pytest.mark.parametrize(
    ("decisions", "message"),
    [
        ({}, "decide step 5 too"),
        ({5: StepDecision("unsure", "3")}, "decide correct or incorrect"),
        ({5: StepDecision("incorrect", "9")}, "choose the true value"),
        ({5: StepDecision("correct", "3")}, "only when the value is 2"),
        ({5: StepDecision("incorrect", "3"), 7: StepDecision("correct")}, "does not ask"),
    ],
)
def test_an_incomplete_or_contradictory_decision_is_refused(
    decisions: dict[int, StepDecision], message: str
) -> None:
    item = split_item()
    with pytest.raises(Invalid, match=message):
        item_adjudicate(item=item, lead=make_user(Role.LEAD), decisions=decisions)


def test_only_a_lead_adjudicates_and_only_once() -> None:
    item, lead = split_item(), make_user(Role.LEAD)
    decisions = {5: StepDecision("correct", "2")}
    with pytest.raises(Denied):
        item_adjudicate(item=item, lead=make_user(), decisions=decisions)
    item_adjudicate(item=item, lead=lead, decisions=decisions)
    with pytest.raises(Conflict):
        item_adjudicate(item=item, lead=lead, decisions=decisions)


def test_a_reopened_item_goes_to_the_lead_and_the_newer_word_stands() -> None:
    item, lead = split_item(), make_user(Role.LEAD)
    item_adjudicate(item=item, lead=lead, decisions={5: StepDecision("correct", "2")})
    with pytest.raises(Denied):
        item_reopen(item=item, lead=make_user(), reason="x")
    item_reopen(item=item, lead=lead, reason="second thoughts")
    item_adjudicate(item=item, lead=lead, decisions={5: StepDecision("incorrect", "1")})
    assert decided(item)[5] == ("adjudicated", "incorrect", "1")
    assert Resolution.objects.filter(item=item, kind=5).count() == 2


def test_a_missing_step_gets_a_true_value_but_no_verdict() -> None:
    text = cot().split(HEADINGS[StepKind.FINAL])[0]
    item = make_item(make_project(overlap=1), text=text)
    submit(item, make_user(), [LabelInput(5, "incorrect", "1")])
    item_resolve(item=item)
    row = Resolution.objects.get(item=item)
    assert (row.kind, row.verdict, row.value, row.step_sha256) == (5, "", "1", "")


def test_items_are_due_a_little_after_the_last_submission() -> None:
    item = make_item(make_project(overlap=1))
    submit(item, make_user())
    now = timezone.now()
    assert not items_due_for_resolution(now=now, grace_seconds=15)
    later = now + timedelta(seconds=16)
    assert list(items_due_for_resolution(now=later, grace_seconds=15)) == [item]


def test_an_item_submitted_again_since_it_was_listed_waits_anew() -> None:
    item, person = make_item(make_project(overlap=1)), make_user()
    submission = submit(item, person)
    minute = timedelta(minutes=1)
    Assignment.objects.update(submitted_at=timezone.now() - minute)
    (listed,) = items_due_for_resolution()
    again = submission_undo(submission=submission, annotator=person)
    label_submit(assignment=again, annotator=person, client_key="again", labels=labels_for())
    assert item_resolve_due(item=listed) == QueueItem.State.LABELLED
    assert not Resolution.objects.exists()
    assert item_resolve_due(item=listed, now=timezone.now() + minute) == "resolved"


def without(kind: int) -> list[LabelInput]:
    return [label for label in labels_for() if label.kind != kind]


@pytest.mark.parametrize("left_out_by", [1, 2])
def test_a_step_that_people_left_out_stays_open_for_the_next_person(left_out_by: int) -> None:
    item = make_item(make_project(overlap=2, max_overlap=3))
    submit(item, make_user(), without(3))
    submit(item, make_user(), without(3) if left_out_by == 2 else None)
    assert item_resolve(item=item) == QueueItem.State.OPEN
    assert not Resolution.objects.exists()

    submit(item, make_user())
    state = item_resolve(item=item)
    three = Resolution.objects.filter(kind=3).values_list("n", flat=True)
    # Two votes of three people decide; one never does, so a lead has to.
    assert (state, list(three)) == (("resolved", [2]) if left_out_by == 1 else ("split", []))


def test_a_left_out_step_goes_to_a_lead_when_nobody_else_may_be_asked() -> None:
    item = make_item(make_project(overlap=2, max_overlap=2))
    submit(item, make_user(), without(3))
    submit(item, make_user())
    assert item_resolve(item=item) == QueueItem.State.SPLIT
    assert set(decided(item)) == {1, 2, 4, 5}
    lead = make_user(Role.LEAD)
    with pytest.raises(Invalid, match="decide step 3 too"):
        item_adjudicate(item=item, lead=lead, decisions={})
    item_adjudicate(item=item, lead=lead, decisions={3: StepDecision("correct", "match")})
    assert decided(item)[3] == ("adjudicated", "correct", "match")


def test_where_one_person_is_enough_a_left_out_step_is_not_asked_for_again() -> None:
    item = make_item(make_project(overlap=1))
    submit(item, make_user(), without(3))
    assert item_resolve(item=item) == QueueItem.State.RESOLVED
    assert set(decided(item)) == {1, 2, 4, 5}
