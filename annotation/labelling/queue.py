"""The queue: who may judge what, for how long, and what happens when they do not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotation.cot.errors import Conflict, Denied, DraftConflict, Invalid
from annotation.cot.storable import storable_json
from annotation.cot.wording import listing
from annotation.cot.wording import wording as _
from annotation.labelling.claim_sql import Attempt, Standing, claim_once, own_claim
from annotation.labelling.claims import ShownClaim, claim_read, claim_shown
from annotation.labelling.gold import gold_serve
from annotation.labelling.opening import Wanted, rollouts_open
from annotation.labelling.skip_table import Effect, skip_keys, skip_reason
from annotation.labelling.skips import item_close, unrateable_vote
from annotation.models import Assignment, Project, QueueItem, Rollout, Round, Submission
from annotation.people.roles import Role, has_role

_PASSES = (  # (skip_locked, put_off_too)
    (True, False),
    (True, True),
    (False, True),
)


def queue_open(
    *,
    rollout: Rollout,
    reason: str | None = None,
    priority: int = 0,
    overlap: int | None = None,
    kinds: Sequence[int] | None = None,
    note: str = "",
    round: Round | None = None,
) -> QueueItem | None:
    """Ask people about what is still open of a rollout; None: it is covered.

    See ``rollouts_open``. The reasons audit, disagreement, stale and gold ask all ``kinds``
    whatever is decided. A rollout that is already in the queue stays there once.

    Raises:
        Invalid: no kind, an unknown one, or an overlap outside the project's limits.
    """
    wanted = Wanted(reason, priority, overlap, kinds, note, round)
    return next(iter(rollouts_open(rollouts=[rollout], wanted=wanted).items), None)


def queue_ask(
    *,
    rollout: Rollout,
    reason: str | None = None,
    priority: int = 0,
    overlap: int | None = None,
    kinds: Sequence[int] | None = None,
    note: str = "",
) -> QueueItem:
    """The same for what is asked or kept whatever is decided.

    Raises:
        Invalid: as above.
    """
    wanted = Wanted(reason, priority, overlap, kinds, note, anyway=True)
    return rollouts_open(rollouts=[rollout], wanted=wanted).items[0]


def queue_claim(
    *, annotator: User, project: Project | None = None, now: datetime | None = None
) -> Assignment | None:
    """The person's own unfinished claim, else a gold item that is due, else the next item,
    else None.

    An item is given to ``overlap`` distinct people at most; see ``claim_sql``.
    """
    slug = project.slug if project else ""
    claim = _claim(annotator, slug, now or timezone.now(), shown=False)
    rows = Assignment.objects.select_related("item__project", "item__rollout__pair__product")
    return None if claim is None else rows.get(pk=claim[0])


def queue_claim_shown(
    *, annotator: User, slug: str = "", now: datetime | None = None
) -> ShownClaim | None:
    """The same with all that is shown of it; ``slug`` names the project, "" is any."""
    claim = _claim(annotator, slug, now or timezone.now(), shown=True)
    if claim is None:
        return None
    claim_id, whole = claim
    return whole or claim_shown(claim_id, annotator.pk)


def _claim(
    annotator: User, slug: str, now: datetime, *, shown: bool
) -> tuple[int, ShownClaim | None] | None:
    """(id, what is shown of an item that was just taken with ``shown``)."""
    expires = now + timedelta(seconds=settings.LEASE_SECONDS)
    standing = own_claim(annotator_id=annotator.pk, slug=slug, expires=expires)
    if slug and standing.project_id is None:
        return None  # no such project
    if standing.claim_id is not None:
        return standing.claim_id, None
    if standing.project_id in standing.barred:
        return None
    if standing.mixes_gold:
        project = Project.objects.get(slug=slug) if slug else None
        if gold := gold_serve(
            annotator=annotator, project=project, expires=expires, barred=standing.barred
        ):
            return gold.pk, None
    if taken := _take(annotator.pk, standing, now, expires, shown):
        return taken
    # A second tab of the same person may have won the last item.
    own = own_claim(annotator_id=annotator.pk, slug=slug, expires=expires).claim_id
    return None if own is None else (own, None)


def _take(
    annotator_id: int, standing: Standing, now: datetime, expires: datetime, shown: bool
) -> tuple[int, ShownClaim | None] | None:
    step = 0
    while step < len(_PASSES):
        skip_locked, put_off_too = _PASSES[step]
        attempt = claim_once(
            annotator_id=annotator_id,
            standing=standing,
            now=now,
            expires=expires,
            skip_locked=skip_locked,
            put_off_too=put_off_too,
            shown=shown,
        )
        if attempt.claim_id is not None:
            return attempt.claim_id, _whole(attempt, expires)
        # An item that was lost to somebody faster: the same pass again, with fresh eyes.
        step += attempt.item_id is None
    return None


def _whole(attempt: Attempt, expires: datetime) -> ShownClaim | None:
    if attempt.shown is None or attempt.claim_id is None:
        return None
    return claim_read(
        attempt.claim_id,
        Assignment.State.CLAIMED.value,
        expires,
        attempt.draft or {},
        attempt.draft_version or 0,
        attempt.active_ms or 0,
        attempt.shown,
    )


def claim_heartbeat(
    *, assignment: Assignment, annotator: User, now: datetime | None = None
) -> datetime:
    """Renew a lease; returns when it now ends.

    Raises:
        Denied: somebody else's.
        Conflict: the slot was given away or the work is done.
    """
    _check_owner(assignment, annotator)
    expires = (now or timezone.now()) + timedelta(seconds=settings.LEASE_SECONDS)
    renewed = Assignment.objects.filter(
        pk=assignment.pk, state=Assignment.State.CLAIMED
    ).update(expires_at=expires)
    if not renewed:
        raise Conflict(_("this item is no longer yours"))
    return expires


def draft_save(
    *,
    assignment: Assignment,
    annotator: User,
    base_version: int,
    draft: dict[str, Any],
    now: datetime | None = None,
) -> int:
    """Keep unfinished work; returns the new version and renews the lease.

    A draft outlives its lease: it is also saved when the slot was given away.

    Raises:
        Denied: somebody else's.
        Invalid: it holds what JSON has not: a number without end, half a surrogate pair, NUL.
        DraftConflict: ``base_version`` is not the saved one; carries the saved draft.
        Conflict: already submitted.
    """
    _check_owner(assignment, annotator)
    if not storable_json(draft):
        raise Invalid(_("the draft holds a number or a text that cannot be stored"))
    expires = (now or timezone.now()) + timedelta(seconds=settings.LEASE_SECONDS)
    rows = Assignment.objects.filter(pk=assignment.pk)
    unfinished = [Assignment.State.CLAIMED, Assignment.State.EXPIRED]
    saved = rows.filter(draft_version=base_version, state__in=unfinished).update(
        draft=draft, draft_version=base_version + 1
    )
    if not saved:
        current = rows.get()
        if current.state not in unfinished:
            raise Conflict(_("this item is no longer yours"))
        raise DraftConflict(current.draft_version, current.draft)
    rows.filter(state=Assignment.State.CLAIMED).update(expires_at=expires)
    return base_version + 1


@transaction.atomic
def item_skip(
    *, assignment: Assignment, annotator: User, how: str, reason: str = ""
) -> Submission | None:
    """Give a claimed item back, ``how`` by a key of ``skip_table``; a vote gives a receipt. A
    draft is kept.

    Raises:
        Denied: somebody else's claim, or only a lead may drop.
        Invalid: an unknown way, or no reason given.
        Conflict: the claim is over.
    """
    _check_owner(assignment, annotator)
    row = skip_reason(how)
    if row is None:
        raise Invalid(_("skip with one of %(those)s", those=listing(skip_keys())))
    if row.leads_only and not has_role(annotator, Role.LEAD):
        raise Denied(_("only a lead may drop an item"))
    if row.wants_reason and not reason.strip():
        raise Invalid(_("say why"))
    item = QueueItem.objects.select_for_update().get(pk=assignment.item_id)
    states = Assignment.State
    given_back = Assignment.objects.filter(pk=assignment.pk, state=states.CLAIMED).update(
        state=states.RELEASED if row.effect is Effect.LATER else states.SKIPPED,
        reason=reason.strip(),
        skip=how,
        skipped_at=timezone.now(),
    )
    if not given_back:
        raise Conflict(_("this item is no longer yours"))
    if row.effect is Effect.VOTE and item.state != QueueItem.State.GOLD:
        return unrateable_vote(assignment=Assignment.objects.get(pk=assignment.pk), item=item)
    if row.effect in (Effect.DROP, Effect.VOTE):  # gold asks one person alone
        item_close(item, f"{how}: {reason.strip()}")
    return None


def _check_owner(assignment: Assignment, annotator: User) -> None:
    if assignment.annotator_id != annotator.pk:
        raise Denied(_("this claim belongs to somebody else"))
