"""The order of the queue by what the reward model says (a project's ``order``)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Exists, OuterRef

from annotation.labelling.queue import HIGHEST_RANK
from annotation.models import Project, QueueItem, Rollout
from training.models import Checkpoint, StepScore
from training.scoring.priority import shares_changed, uncertainty

Values = dict[tuple[int, int], float]  # (rollout, step kind) -> 0 to 1


def queue_rank(*, project: Project, rm: Checkpoint, limit: int = 2_000) -> int:
    """Rank open items that have no priority yet and are scored by ``rm``; returns how many.

    The priority becomes 1 to ``HIGHEST_RANK``, by the asked step that is worth most. An item is
    ranked once, so what somebody raised in the meantime stays raised.
    """
    if project.order == "oldest":
        return 0
    scored = StepScore.objects.filter(rm=rm, step__rollout=OuterRef("rollout"))
    waiting = QueueItem.objects.filter(
        project=project, state=QueueItem.State.OPEN, priority=0
    ).filter(Exists(scored))
    items = list(waiting.order_by("pk").values_list("pk", "rollout", "kinds")[:limit])
    values = _values(project.order, rm, [rollout for _, rollout, _ in items])
    ranked: dict[int, list[int]] = defaultdict(list)
    for pk, rollout, kinds in items:
        worth = max((values.get((rollout, kind), 0.0) for kind in kinds), default=0.0)
        ranked[max(1, round(HIGHEST_RANK * worth))].append(pk)
    return sum(
        QueueItem.objects.filter(pk__in=keys, priority=0).update(priority=rank)
        for rank, keys in ranked.items()
    )


def _values(order: str, rm: Checkpoint, rollouts: Iterable[int]) -> Values:
    """Over the rollouts of one policy for a pair: those are compared with each other."""
    pairs = Rollout.objects.filter(pk__in=list(rollouts)).values("pair")
    groups: dict[tuple[int, str, int], list[tuple[int, float]]] = defaultdict(list)
    scores = StepScore.objects.filter(rm=rm, step__rollout__pair__in=pairs).order_by("pk")
    for pair, policy, kind, rollout, p in scores.values_list(
        "step__rollout__pair", "step__rollout__policy", "step__kind", "step__rollout", "p"
    ):
        groups[pair, policy, kind].append((rollout, p))
    values: Values = {}
    for (_, _, kind), group in groups.items():
        ps = [p for _, p in group]
        shares = shares_changed(ps) if order == "flip_risk" else [1.0] * len(ps)
        for (rollout, p), share in zip(group, shares, strict=True):
            values[rollout, kind] = uncertainty(p) * share
    return values
