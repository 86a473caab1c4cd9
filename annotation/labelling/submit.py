"""Submitting a judged item, and taking it back. Labels are only ever added."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import DEFAULT_DB_ALIAS, transaction
from django.utils import timezone

from annotation.cot.errors import AlreadySubmitted, Conflict, Denied, Invalid, InvalidLabels
from annotation.cot.labels import LabelInput, label_errors, rule_warning, with_implied_value
from annotation.cot.rules import parse_rules
from annotation.cot.wording import wording as _
from annotation.labelling.gold import gold_answered
from annotation.labelling.submit_sql import Outcome, Target, claim_target, submission_store
from annotation.models import Assignment, QueueItem, Submission

# What a label and a draft have in common.
_DRAFTED = (
    "verdict", "value", "reason", "comment", "comment_start", "comment_end", "attributes",
)  # fmt: skip

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
        AlreadySubmitted: this person's labels of the item are stored; carries their receipt.
        Conflict: the slot was given away or the item is closed.
    """
    if not client_key or len(client_key) > 64:
        raise Invalid(_("client_key must have 1 to 64 characters"))
    target = claim_target(claim_id=claim_id, annotator_id=annotator.pk)
    if target is None:
        raise Denied(_refusal(Outcome.DENIED))
    try:
        checked = _checked(target, labels, rules_enforced)
    except InvalidLabels:
        if repeated := _repeated(claim_id, client_key):
            return repeated
        raise
    moment = now or timezone.now()
    gold = target.state == QueueItem.State.GOLD
    with transaction.atomic() if gold else nullcontext():
        stored = submission_store(
            claim_id=claim_id,
            annotator_id=annotator.pk,
            client_key=client_key,
            labels=checked,
            guideline_version=target.guideline_version,
            active_ms=max(active_ms, 0),
            now=moment,
        )
        if gold and stored.outcome == "stored":
            gold_answered(item_id=target.item_id, labels=checked, now=moment)
    if not stored.done:
        raise _not_stored(stored.outcome, target.item_id, annotator)
    # As it was stored, without reading it again.
    row = {
        "id": stored.receipt,
        "assignment_id": claim_id,
        "annotator_id": annotator.pk,
        "client_key": client_key,
        "created_at": stored.created_at,
    }
    fields = [field.attname for field in Submission._meta.concrete_fields]
    names = [name for name in fields if name in row]
    return Submission.from_db(DEFAULT_DB_ALIAS, names, [row[name] for name in names])


@transaction.atomic
def submission_undo(
    *, submission: Submission, annotator: User, now: datetime | None = None
) -> Assignment:
    """Take a submission back before its item is decided; the claim is open again, and its draft
    is what was submitted.

    Raises:
        Denied: somebody else's.
        Conflict: undone before, or the item was decided.
    """
    moment = now or timezone.now()
    claim = Assignment.objects.get(pk=submission.assignment_id)
    if claim.annotator_id != annotator.pk:
        raise Denied(_("this submission belongs to somebody else"))
    item = QueueItem.objects.select_for_update().get(pk=claim.item_id)
    current = Submission.objects.select_for_update().get(pk=submission.pk)
    claim.refresh_from_db()
    if refusal := undo_refusal(submission=current, item=item):
        raise Conflict(refusal)
    current.undone_at = moment
    current.save(update_fields=["undone_at"])
    claim.state, claim.submitted_at = Assignment.State.CLAIMED, None
    claim.expires_at = moment + timedelta(seconds=settings.LEASE_SECONDS)
    if claim.skip:  # "unrateable" is no vote now, and has no labels to restore
        claim.skip, claim.reason, claim.skipped_at = "", "", None
    else:
        claim.draft = _draft_again(current, claim.active_ms)
    # A window that still shows the draft from before must not save over what was submitted.
    claim.draft_version += 1
    claim.save()
    if item.state == QueueItem.State.LABELLED:
        item.state = QueueItem.State.OPEN
        item.save(update_fields=["state"])
    return claim


def undo_refusal(*, submission: Submission, item: QueueItem) -> str | None:
    """Why a submission cannot be taken back, or None; pages hide the button by it.

    An item is decided ``UNDO_SECONDS`` after its last submission at the earliest.
    """
    if submission.undone_at is not None:
        return _("this submission was undone before")
    if item.state not in (QueueItem.State.OPEN, QueueItem.State.LABELLED):
        return _("this item was decided meanwhile; tell a lead")
    return None


def _draft_again(submission: Submission, active_ms: int) -> dict[str, Any]:
    """The draft that submits the same labels."""
    labels = list(submission.labels.order_by("kind"))
    draft: dict[str, Any] = {
        str(label.kind): {name: getattr(label, name) for name in _DRAFTED} for label in labels
    }
    shown = any(label.hint_shown for label in labels)
    return draft | {"active_ms": active_ms, "hint_shown": shown}


def _not_stored(outcome: Outcome, item_id: int, annotator: User) -> Conflict | Denied:
    """Why ``stepwise_submit`` stored nothing."""
    if outcome == Outcome.DENIED:
        return Denied(_refusal(outcome))
    standing = Submission.objects.filter(
        assignment__item=item_id,
        assignment__annotator=annotator,
        assignment__state=Assignment.State.SUBMITTED,
        undone_at=None,
    ).first()
    return Conflict(_refusal(outcome)) if standing is None else AlreadySubmitted(standing.pk)


def _refusal(outcome: Outcome) -> str:
    """In words what ``stepwise_submit`` refused."""
    return {
        Outcome.DENIED: _("this claim belongs to somebody else"),
        Outcome.USED: _("this client_key was used for another item"),
        Outcome.CLOSED: _("this item was closed meanwhile"),
        Outcome.OVER: _("this item is no longer yours"),
        Outcome.AGAIN: _("you claimed this item again in another window"),
        Outcome.GIVEN_AWAY: _("your time for this item ran out and somebody else has it now"),
    }[outcome]


def _repeated(claim_id: int, client_key: str) -> Submission | None:
    """What this key stored before the rules changed."""
    return Submission.objects.filter(assignment=claim_id, client_key=client_key).first()


def _checked(
    target: Target, labels: Sequence[LabelInput], rules_enforced: bool
) -> list[LabelInput]:
    filled = [with_implied_value(label, target.steps.get(label.kind)) for label in labels]
    if errors := label_errors(
        filled, target.kinds, target.steps, first_error_only=target.first_error_only
    ):
        raise InvalidLabels(errors)
    if rules_enforced and (warning := rule_warning(filled, parse_rules(target.rules))):
        final = next(label for label in filled if label.kind == 5)
        if not final.reason.strip():
            told = _("%(warning)s; change a value or give the reason", warning=warning)
            raise InvalidLabels({5: told})
    return filled
