"""Submitting a judged item, and taking it back. Labels are only ever added."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotation.attributes import marks_json
from annotation.errors import Conflict, Denied, Invalid, InvalidLabels
from annotation.labels import (
    JudgedStep,
    LabelInput,
    label_errors,
    rule_warning,
    with_implied_value,
)
from annotation.models import Assignment, QueueItem, StepLabel, Submission
from annotation.rules import parse_rules
from annotation.services.gold import gold_answered
from annotation.storable import storable

__all__ = ["LabelInput", "label_submit", "submission_undo", "undo_refusal"]


@transaction.atomic
def label_submit(
    *,
    assignment: Assignment,
    annotator: User,
    client_key: str,
    labels: Sequence[LabelInput],
    active_ms: int = 0,
    rules_enforced: bool = False,
    now: datetime | None = None,
) -> Submission:
    """Record one person's verdicts on an item; the submission's id is the receipt.

    The same ``client_key`` again returns the first receipt and changes nothing. A person whose
    lease ran out may still submit while a slot is free. With ``rules_enforced`` values that
    contradict the rules table need a reason on step 5.

    Raises:
        InvalidLabels: with what is wrong by step kind.
        Denied: somebody else's claim.
        Conflict: the slot was given away, the item is closed, or the work was submitted before.
    """
    if not client_key or len(client_key) > 64:
        raise Invalid("client_key must have 1 to 64 characters")
    if assignment.annotator_id != annotator.pk:
        raise Denied("this claim belongs to somebody else")
    # The item's lock puts submits, undos and resolutions of one item in a row.
    item = QueueItem.objects.select_for_update().get(pk=assignment.item_id)
    if repeated := Submission.objects.filter(client_key=client_key).first():
        if repeated.assignment_id != assignment.pk:
            raise Conflict("this client_key was used for another item")
        return repeated
    held = Assignment.objects.select_for_update().get(pk=assignment.pk)
    _take_slot(item, held)
    checked = _checked(item, labels, rules_enforced)
    moment = now or timezone.now()
    held.state = Assignment.State.SUBMITTED
    held.submitted_at = moment
    held.active_ms = max(active_ms, 0)
    held.save(update_fields=["state", "slot", "submitted_at", "active_ms"])
    submission = Submission.objects.create(assignment=held, client_key=client_key)
    StepLabel.objects.bulk_create(_rows(submission, item, annotator, checked))
    if item.state == QueueItem.State.GOLD:
        gold_answered(item=item, labels=checked, now=moment)
    elif item.assignments.filter(state=Assignment.State.SUBMITTED).count() >= item.overlap:
        item.state = QueueItem.State.LABELLED
        item.save(update_fields=["state"])
    return submission


@transaction.atomic
def submission_undo(
    *, submission: Submission, annotator: User, now: datetime | None = None
) -> Assignment:
    """Take a submission back within the undo window; the claim is open again.

    Raises:
        Denied: somebody else's.
        Conflict: undone before, too late, or the item was resolved.
    """
    moment = now or timezone.now()
    held = Assignment.objects.select_related("item").get(pk=submission.assignment_id)
    if held.annotator_id != annotator.pk:
        raise Denied("this submission belongs to somebody else")
    item = QueueItem.objects.select_for_update().get(pk=held.item_id)
    current = Submission.objects.select_for_update().get(pk=submission.pk)
    if refusal := undo_refusal(submission=current, item=item, now=moment):
        raise Conflict(refusal)
    current.undone_at = moment
    current.save(update_fields=["undone_at"])
    held.state, held.submitted_at = Assignment.State.CLAIMED, None
    held.expires_at = moment + timedelta(seconds=settings.LEASE_SECONDS)
    held.save(update_fields=["state", "submitted_at", "expires_at"])
    if item.state == QueueItem.State.LABELLED:
        item.state = QueueItem.State.OPEN
        item.save(update_fields=["state"])
    return held


def undo_refusal(*, submission: Submission, item: QueueItem, now: datetime) -> str | None:
    """Why a submission cannot be taken back, or None; pages hide the button by it."""
    if submission.undone_at is not None:
        return "this submission was undone before"
    if now > submission.created_at + timedelta(seconds=settings.UNDO_SECONDS):
        return "the time to undo is over; tell a lead"
    if item.state not in (QueueItem.State.OPEN, QueueItem.State.LABELLED):
        return "this item was decided meanwhile; tell a lead"
    return None


def _take_slot(item: QueueItem, held: Assignment) -> None:
    """Make sure ``held`` has a slot; the item is locked."""
    states = Assignment.State
    if item.state not in (QueueItem.State.OPEN, QueueItem.State.GOLD):
        raise Conflict("this item was closed meanwhile")
    if held.state == states.CLAIMED:
        return
    if held.state != states.EXPIRED:
        raise Conflict("this item is no longer yours")
    live = item.assignments.filter(state__in=[states.CLAIMED, states.SUBMITTED])
    if live.filter(annotator_id=held.annotator_id).exists():
        raise Conflict("you claimed this item again in another window")
    free = set(range(item.overlap)) - set(live.values_list("slot", flat=True))
    if not free:
        raise Conflict("your time for this item ran out and somebody else has it now")
    held.slot = min(free)


def _checked(
    item: QueueItem, labels: Sequence[LabelInput], rules_enforced: bool
) -> list[LabelInput]:
    steps = {
        step.kind: JudgedStep(step.value, len(step.text)) for step in item.rollout.steps.all()
    }
    filled = [with_implied_value(label, steps.get(label.kind)) for label in labels]
    first_only = item.project.first_error_only
    if errors := label_errors(filled, item.kinds, steps, first_error_only=first_only):
        raise InvalidLabels(errors)
    if rules_enforced and (warning := rule_warning(filled, parse_rules(item.project.rules))):
        final = next(label for label in filled if label.kind == 5)
        if not final.reason.strip():
            raise InvalidLabels({5: f"{warning}; change a value or give the reason"})
    return filled


def _rows(
    submission: Submission, item: QueueItem, annotator: User, labels: Sequence[LabelInput]
) -> list[StepLabel]:
    return [
        StepLabel(
            submission=submission,
            annotator=annotator,
            item=item,
            kind=label.kind,
            verdict=label.verdict,
            value=label.value,
            reason=storable(label.reason.strip()),
            comment=storable(label.comment.strip()),
            comment_start=label.comment_start,
            comment_end=label.comment_end,
            guideline_version=item.project.guideline_version,
            active_ms=max(label.active_ms, 0),
            hint_shown=label.hint_shown,
            attributes=marks_json(label.attributes),
        )
        for label in labels
    ]
