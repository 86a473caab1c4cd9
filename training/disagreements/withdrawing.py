"""Disagreements of a reward model that is no longer in charge."""

from __future__ import annotations

from django.db import transaction

from annotation.labelling.skips import item_close
from annotation.models import Assignment, Project, QueueItem
from annotation.models.queue import IN_A_SLOT
from training.models import Checkpoint, Disagreement

_State = Disagreement.State
_NOTE = "the reward model that asked is no longer in charge"


@transaction.atomic
def disagreements_withdraw(*, project: Project, rm: Checkpoint) -> int:
    """Close what the model disputes and nobody has begun to answer; returns how many.

    Its items leave the queue. One that somebody holds, or has answered, stays, and the answer
    settles its disagreements as ever. They are listed anew if the model is in charge again.
    """
    rows = Disagreement.objects.filter(project=project, score__rm=rm)
    requeued = rows.filter(state=_State.REQUEUED)
    # Locked first: a claim that was under way is seen below.
    waiting = list(
        QueueItem.objects.select_for_update().filter(
            pk__in=requeued.values("item"), state=QueueItem.State.OPEN
        )
    )
    slots = Assignment.objects.filter(item__in=waiting, state__in=IN_A_SLOT)
    taken = set(slots.values_list("item", flat=True))
    dropped = [item for item in waiting if item.pk not in taken]
    for item in dropped:
        item_close(item, _NOTE)
    closed = rows.filter(state=_State.OPEN).update(state=_State.WITHDRAWN)
    return closed + requeued.filter(item__in=dropped).update(state=_State.WITHDRAWN)
