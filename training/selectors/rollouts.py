"""What is due for sampling."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count, Q, QuerySet

from annotation.models import Pair, Project, Rollout
from training.models import Checkpoint, RolloutBatch


def pairs_due_for_rollout(
    *,
    project: Project,
    policy: Checkpoint,
    n: int = 1,
    splits: Sequence[str] = ("train",),
    limit: int | None = None,
) -> QuerySet[Pair]:
    """Pairs with fewer than ``n`` rollouts of this policy, oldest first."""
    mine = Count("rollouts", filter=Q(rollouts__policy=policy.name))
    due = (
        Pair.objects.filter(project=project, split__in=splits)
        .annotate(rollouts_of_policy=mine)
        .filter(rollouts_of_policy__lt=n)
        .select_related("product")
        .order_by("pk")
    )
    return due[:limit] if limit is not None else due


def pairs_complete(batch: RolloutBatch) -> set[int]:
    """Pairs of the batch that already have all their rollouts."""
    return set(
        Rollout.objects.filter(
            pair_id__in=batch.pair_ids, policy=batch.policy.name, seed=batch.seed
        )
        .values("pair_id")
        .annotate(done=Count("pk"))
        .filter(done__gte=batch.n)
        .values_list("pair_id", flat=True)
    )
