"""Submitting a judged item, and taking it back. Labels are only ever added."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotation.errors import Conflict, Denied, Invalid, InvalidLabels
from annotation.labels import LabelInput, label_errors, rule_warning, with_implied_value
from annotation.models import Assignment, QueueItem, Submission
from annotation.rules import parse_rules
from annotation.services.gold import gold_answered
from annotation.services.submit_sql import Asked, claim_asked, submission_store
from annotation.wording import wording as _

__all__ = ["LabelInput", "claim_submit", "label_submit", "submission_undo", "undo_refusal"]


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
    """:func:`claim_submit` for somebody who has the claim's row."""
    return claim_submit(
        claim_id=assignment.pk,
        annotator=annotator,
        client_key=client_key,
        labels=labels,
        active_ms=active_ms,
        rules_enforced=rules_enforced,
        now=now,
    )


def claim_submit(
    *,
    claim_id: int,
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
        raise Invalid(_("client_key must have 1 to 64 characters"))
    asked = claim_asked(claim_id=claim_id, annotator_id=annotator.pk)
    if asked is None:
        raise Denied(_refusal("denied"))
    try:
        checked = _checked(asked, labels, rules_enforced)
    except InvalidLabels:
        if repeated := _repeated(claim_id, client_key):
            return repeated
        raise
    moment = now or timezone.now()
    gold = asked.state == QueueItem.State.GOLD
    with transaction.atomic() if gold else nullcontext():
        stored = submission_store(
            claim_id=claim_id,
            annotator_id=annotator.pk,
            client_key=client_key,
            labels=checked,
            guideline_version=asked.guideline_version,
            active_ms=max(active_ms, 0),
            now=moment,
        )
        if gold and stored.outcome == "stored":
            gold_answered(item_id=asked.item_id, labels=checked, now=moment)
    if not stored.done:
        raise (Denied if stored.outcome == "denied" else Conflict)(_refusal(stored.outcome))
    submission = Submission(
        pk=stored.receipt,
        assignment_id=claim_id,
        annotator_id=annotator.pk,
        client_key=client_key,
        created_at=stored.created_at,
    )
    submission._state.adding = False
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
        raise Denied(_("this submission belongs to somebody else"))
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
        return _("this submission was undone before")
    if now > submission.created_at + timedelta(seconds=settings.UNDO_SECONDS):
        return _("the time to undo is over; tell a lead")
    if item.state not in (QueueItem.State.OPEN, QueueItem.State.LABELLED):
        return _("this item was decided meanwhile; tell a lead")
    return None


def _refusal(outcome: str) -> str:
    """In words what ``stepwise_submit`` refused."""
    return {
        "denied": _("this claim belongs to somebody else"),
        "used": _("this client_key was used for another item"),
        "closed": _("this item was closed meanwhile"),
        "over": _("this item is no longer yours"),
        "again": _("you claimed this item again in another window"),
        "given_away": _("your time for this item ran out and somebody else has it now"),
    }[outcome]


def _repeated(claim_id: int, client_key: str) -> Submission | None:
    """What this key stored before the rules changed."""
    return Submission.objects.filter(assignment=claim_id, client_key=client_key).first()


def _checked(
    asked: Asked, labels: Sequence[LabelInput], rules_enforced: bool
) -> list[LabelInput]:
    filled = [with_implied_value(label, asked.steps.get(label.kind)) for label in labels]
    if errors := label_errors(
        filled, asked.kinds, asked.steps, first_error_only=asked.first_error_only
    ):
        raise InvalidLabels(errors)
    if rules_enforced and (warning := rule_warning(filled, parse_rules(asked.rules))):
        final = next(label for label in filled if label.kind == 5)
        if not final.reason.strip():
            told = _("%(warning)s; change a value or give the reason", warning=warning)
            raise InvalidLabels({5: told})
    return filled
