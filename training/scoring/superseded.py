"""Items of policies that have been trained further since."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from annotation.labelling.skips import item_close
from annotation.models import Assignment, Project, QueueItem, Round
from annotation.models.queue import IN_A_SLOT
from training.models import Checkpoint, ItemRank, RolloutBatch

DROPPED_BEHIND = 2  # newer policies after which nobody is asked any more
_NOTE = "superseded: %d newer policies have been sampled since"


def policies_behind(project: Project) -> dict[str, int]:
    """Policy name -> how many policies that came of it, or that a later round sampled, have
    been sampled in the project. 0 and absent = the newest of its line."""
    checkpoints = {
        pk: (name, parent)
        for pk, name, parent in Checkpoint.objects.filter(
            kind=Checkpoint.Kind.POLICY
        ).values_list("pk", "name", "run__policy")
    }
    batches = RolloutBatch.objects.filter(project=project).order_by()
    sampled = set(batches.values_list("policy", flat=True).distinct())
    behind: dict[str, int] = {}
    for start in sampled & checkpoints.keys():
        newer, at, seen = 0, start, set[int]()
        while at in checkpoints and at not in seen:
            seen.add(at)
            name, parent = checkpoints[at]
            behind[name] = max(behind.get(name, 0), newer)
            newer += at in sampled
            at = parent
    later: list[str] = []
    rounds = Round.objects.filter(project=project).order_by("-number")
    for name in rounds.values_list("policy", flat=True):
        if name not in later:
            behind[name] = max(behind.get(name, 0), len(later))
            later.append(name)
    return behind


def superseded_drop(*, project: Project, behind: dict[str, int], limit: int = 200) -> int:
    """Close open items of policies that are ``DROPPED_BEHIND`` behind; returns how many.

    Kept is what somebody has in hand or has judged, what somebody waits for, and what
    somebody gave another priority than the order.
    """
    old = {name: n for name, n in behind.items() if n >= DROPPED_BEHIND}
    if not old:
        return 0
    ours = ItemRank.objects.filter(item=OuterRef("pk"), priority=OuterRef("priority"))
    taken = Assignment.objects.filter(item=OuterRef("pk"), state__in=IN_A_SLOT)
    reasons = (QueueItem.Reason.NEW, QueueItem.Reason.MALFORMED)
    with transaction.atomic():
        items = (
            QueueItem.objects.filter(
                Exists(ours),
                ~Exists(taken),
                project=project,
                state=QueueItem.State.OPEN,
                reason__in=reasons,
                rollout__policy__in=old,
            )
            .annotate(policy=F("rollout__policy"))
            .order_by("pk")
            .select_for_update(of=("self",), skip_locked=True)[:limit]
        )
        closed = 0
        for item in items:
            item_close(item, _NOTE % old[item.policy])
            closed += 1
    return closed
