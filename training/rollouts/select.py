"""What is due for sampling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from annotation.models import Pair, Product, Project, Rollout
from training.models import Checkpoint, RolloutBatch
from training.rollouts.catalogue.writer import brands_named


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


def brands_of(project: Project) -> frozenset[tuple[str, ...]]:
    """The brands that products of the project name, as keys of words."""
    rows = Product.objects.filter(project=project).values_list("attributes", flat=True)
    return brands_named(rows.iterator())


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


@dataclass(frozen=True, slots=True)
class Parsing:
    """How many rollouts of a batch are five-step CoTs; ``examples`` are some that are not."""

    n: int
    parsed: int
    examples: list[Rollout]

    @property
    def enough(self) -> bool:
        """Half of them: below, the policy does not know this task and people would wade."""
        return 2 * self.parsed >= self.n


def batch_rollouts(batch: RolloutBatch) -> QuerySet[Rollout]:
    return Rollout.objects.filter(
        pair_id__in=batch.pair_ids,
        policy=batch.policy.name,
        seed=batch.seed,
        sample_index__lt=batch.n,
    ).order_by("pk")


def batch_parsing(batch: RolloutBatch) -> Parsing:
    rows = batch_rollouts(batch)
    broken = rows.exclude(parse_error="")
    return Parsing(rows.count(), rows.filter(parse_error="").count(), list(broken[:3]))


def rollouts_to_queue(batch: RolloutBatch, after: int = 0) -> QuerySet[Rollout]:
    """Those that people can judge and nobody was asked about yet, past the id ``after``."""
    rows = batch_rollouts(batch).filter(parse_error="", items__isnull=True, pk__gt=after)
    if batch.queue_limit is not None:
        rows = rows.filter(sample_index__lt=batch.queue_limit)
    return rows.select_related("pair__project")


def batch_covered(batch: RolloutBatch) -> int:
    """Rollouts of a batch that is queued which left people nothing to ask."""
    if batch.state != RolloutBatch.State.DONE or batch.error:
        return 0
    return rollouts_to_queue(batch).count()
