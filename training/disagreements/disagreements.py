"""Reward model against people: listed, decided by a lead, or sent back by themselves."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotation.cot.errors import Conflict, Denied, Invalid
from annotation.cot.wording import listing
from annotation.cot.wording import wording as _
from annotation.labelling.queue import queue_ask
from annotation.models import Project, QueueItem, StepLabel
from annotation.models.queue import LIVE_STATES
from annotation.people.roles import Role, has_role
from training.disagreements.select import (
    disagreements_answered,
    requeued_live,
    scores_that_differ,
)
from training.models import Disagreement
from training.scoring.priority import THRESHOLD

PRIORITY = 100  # before new rollouts
_State = Disagreement.State
REQUEUE = "requeue"
DECISIONS = (REQUEUE, _State.HUMAN_RIGHT, _State.RM_RIGHT, _State.GUIDELINE_GAP)


@transaction.atomic
def disagreements_open(*, project: Project) -> int:
    """List every step where the verdict of the model in charge is not the newest human one.

    A step is listed once with a human verdict, so an answered one does not come back for ever;
    what was withdrawn with its model is opened again. Returns how many are new; what was listed
    before is not read again, for this runs every minute.
    """
    new = [
        Disagreement(
            project=project,
            step_id=row.step_id,
            score_id=row.score_id,
            resolution_id=row.resolution_id,
            confidence=row.p if row.p >= THRESHOLD else 1 - row.p,
            impact=row.impact,
        )
        for row in scores_that_differ(project)
    ]
    if new:
        Disagreement.objects.filter(
            state=_State.WITHDRAWN,
            score__in=[row.score_id for row in new],
            resolution__in=[row.resolution_id for row in new],
        ).update(state=_State.OPEN, item=None, decided_by=None, decided_at=None)
    Disagreement.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


@transaction.atomic
def disagreement_decide(
    *, disagreement: Disagreement, lead: User, decision: str
) -> Disagreement:
    """Send a disagreement back to the queue, or settle it.

    ``requeue`` takes the rollout's other open disagreements along: an item asks for all the
    disputed steps at once.

    Raises:
        Denied: not a lead.
        Invalid: unknown decision.
        Conflict: decided already, or the rollout is in the queue for another reason.
    """
    if not has_role(lead, Role.LEAD):
        raise Denied(_("only a lead can decide a disagreement"))
    if decision not in DECISIONS:
        raise Invalid(_("decision must be one of %(those)s", those=listing(sorted(DECISIONS))))
    locked = Disagreement.objects.select_for_update().get(pk=disagreement.pk)
    if locked.state != _State.OPEN:
        raise Conflict(
            _("the disagreement has been decided already: %(state)s", state=locked.state)
        )
    if decision == REQUEUE:
        _requeue(locked, lead)
    else:
        locked.state = decision
        locked.decided_by, locked.decided_at = lead, timezone.now()
        locked.save(update_fields=["state", "decided_by", "decided_at"])
    disagreement.refresh_from_db()
    return disagreement


def disagreements_requeue(*, project: Project, limit: int | None = None) -> list[Disagreement]:
    """Scheduled sampling: keep the most confident open disagreements in the queue.

    About ``limit`` (default: the setting) wait for people at a time: a rollout takes all its
    disputed steps along. Returns those that were sent now.
    """
    cap = settings.DISAGREEMENTS_LIVE if limit is None else limit
    room = cap - requeued_live(project)
    waiting = Disagreement.objects.filter(project=project, state=_State.OPEN).exclude(
        step__rollout__items__state__in=LIVE_STATES
    )
    sent: list[Disagreement] = []
    for pk in list(waiting.values_list("pk", flat=True)[: max(0, room)]):
        if len(sent) >= room:
            break
        with transaction.atomic():
            locked = (
                Disagreement.objects.select_for_update(skip_locked=True)
                .filter(pk=pk, state=_State.OPEN)
                .first()
            )
            if locked is not None and not _live_item(locked):
                sent += _requeue(locked, None)
    return sent


def disagreements_settle() -> int:
    """Close requeued disagreements that people have answered again; returns how many.

    The second verdict decides who was right: the people of the first one, or the model.
    """
    settled = 0
    for row in disagreements_answered():
        agrees = (row.p >= THRESHOLD) == (row.verdict == StepLabel.Verdict.CORRECT)
        state = _State.RM_RIGHT if agrees else _State.HUMAN_RIGHT
        settled += Disagreement.objects.filter(
            pk=row.disagreement_id, state=_State.REQUEUED
        ).update(state=state, decided_at=timezone.now())
    return settled


def _requeue(disagreement: Disagreement, lead: User | None) -> list[Disagreement]:
    """Put the rollout into the queue for all its disputed steps."""
    if _live_item(disagreement):
        raise Conflict(_("the rollout is in the queue already"))
    rollout = disagreement.step.rollout
    disputed = list(
        Disagreement.objects.select_for_update(of=("self",))
        .filter(step__rollout=rollout, state=_State.OPEN)
        .select_related("step")
    )
    item = queue_ask(
        rollout=rollout,
        reason=QueueItem.Reason.DISAGREEMENT,
        priority=PRIORITY,
        kinds=sorted({row.step.kind for row in disputed}),
    )
    for row in disputed:
        row.state, row.item = _State.REQUEUED, item
        row.decided_by, row.decided_at = lead, timezone.now()
    Disagreement.objects.bulk_update(disputed, ["state", "item", "decided_by", "decided_at"])
    return disputed


def _live_item(disagreement: Disagreement) -> bool:
    return QueueItem.objects.filter(
        rollout=disagreement.step.rollout_id, state__in=LIVE_STATES
    ).exists()
