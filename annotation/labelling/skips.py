"""What becomes of an item that somebody could not or would not judge."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotation.cot.errors import Conflict, Denied, Invalid
from annotation.cot.wording import wording as _
from annotation.labelling.passed import unrateable_votes
from annotation.labelling.skip_table import Effect, skip_keys
from annotation.models import Assignment, QueueItem, Submission
from annotation.models.queue import LIVE_STATES
from annotation.people.roles import Role, has_role


def item_close(item: QueueItem, note: str) -> None:
    """Out of the queue for all; ``item`` is locked."""
    states = Assignment.State
    item.assignments.filter(state=states.CLAIMED).update(state=states.RELEASED)
    item.state, item.closed_at, item.note = QueueItem.State.DROPPED, timezone.now(), note
    item.save(update_fields=["state", "closed_at", "note"])


def unrateable_note(votes: Iterable[Assignment]) -> str:
    """The votes' reasons by their keys, each said once."""
    reasons: dict[str, dict[str, None]] = {}
    for vote in votes:
        reasons.setdefault(vote.skip, {})[vote.reason] = None
    return "; ".join(f"{key}: {'; '.join(texts)}" for key, texts in reasons.items())


@transaction.atomic
def unrateable_vote(*, assignment: Assignment, item: QueueItem) -> Submission:
    """Count a given-back claim as its person's one vote that the item cannot be judged.

    Its slot is used like that of labels. When everybody asked says so the item is dropped; when
    others judged it, it waits to be resolved, which leaves it to a lead. ``item`` is locked.
    """
    moment = timezone.now()
    assignment.state, assignment.submitted_at = Assignment.State.SUBMITTED, moment
    assignment.save(update_fields=["state", "submitted_at"])
    vote = Submission.objects.create(
        assignment=assignment,
        annotator_id=assignment.annotator_id,
        client_key=f"unrateable-{uuid.uuid4().hex}",
    )
    submitted = item.assignments.filter(state=Assignment.State.SUBMITTED)
    if submitted.count() >= item.overlap:
        item.state = QueueItem.State.LABELLED
        item.save(update_fields=["state"])
        if not submitted.exclude(skip__in=skip_keys(Effect.VOTE)).exists():
            item_close(item, unrateable_note(unrateable_votes(item)))
    return vote


@transaction.atomic
def skip_take_back(
    *, assignment: Assignment, annotator: User, now: datetime | None = None
) -> Assignment:
    """An item that was passed to others is this person's again, with its draft.

    Raises:
        Denied: somebody else's.
        Conflict: it was not passed to others, or they have taken or closed it.
    """
    if assignment.annotator_id != annotator.pk:
        raise Denied(_("this claim belongs to somebody else"))
    moment, states = now or timezone.now(), Assignment.State
    item = QueueItem.objects.select_for_update().get(pk=assignment.item_id)
    mine = Assignment.objects.select_for_update().get(pk=assignment.pk)
    if mine.state != states.SKIPPED or mine.skip not in skip_keys(Effect.OTHERS):
        raise Conflict(_("this item was not passed to others, or was taken back before"))
    if item.state != QueueItem.State.OPEN:
        raise Conflict(_("this item was closed meanwhile"))
    item.assignments.filter(state=states.CLAIMED, expires_at__lte=moment).update(
        state=states.EXPIRED
    )
    live = item.assignments.filter(state__in=(states.CLAIMED, states.SUBMITTED))
    free = set(range(item.overlap)) - set(live.values_list("slot", flat=True))
    if not free:
        raise Conflict(_("others have this item now"))
    mine.state, mine.slot, mine.skip, mine.reason = states.CLAIMED, min(free), "", ""
    mine.skipped_at = None
    mine.expires_at = moment + timedelta(seconds=settings.LEASE_SECONDS)
    mine.save(update_fields=["state", "slot", "skip", "reason", "skipped_at", "expires_at"])
    return mine


@transaction.atomic
def item_drop(*, item: QueueItem, lead: User, reason: str) -> QueueItem:
    """A lead takes an item out of the queue, whoever waits for it.

    Raises:
        Denied: not a lead.
        Invalid: no reason.
        Conflict: it is closed already.
    """
    if not has_role(lead, Role.LEAD):
        raise Denied(_("only a lead may drop an item"))
    if not reason.strip():
        raise Invalid(_("say why"))
    locked = QueueItem.objects.select_for_update().get(pk=item.pk)
    if locked.state not in LIVE_STATES:
        raise Conflict(_("this item was closed meanwhile"))
    item_close(locked, f"drop: {reason.strip()}")
    return locked
