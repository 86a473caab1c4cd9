"""What a dry run's rollouts would earn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from annotation.cot.rules import parse_rules
from annotation.cot.steps import StepKind
from annotation.models import Rollout
from training.job.advantages import RIGHT, zero_variance_share
from training.job.config import RunConfig
from training.job.data import sample_of
from training.job.types import ScoredRollout
from training.models import Checkpoint, RolloutBatch, StepScore
from training.reward.credit import advantages_of, credit_of, is_stepwise, rewards_of
from training.reward.sources import by_source, source_counts
from training.rollouts.records import pair_record
from verifier.services.release import current_table
from verifier.truth import HUMAN_SOURCES

BINS = ("0", "below half", "half and above", "1", "masked")


@dataclass(frozen=True, slots=True)
class DryRun:
    """``sources``: source -> share of the step rewards, "none" = masked. ``histogram``: step
    kind -> how many rewards are in each of ``BINS``. ``inflow``: items that the run's training
    pairs would open. ``seconds``: the sampling of all updates, None = unknown."""

    pairs: int
    group: int
    parsed: float
    zero_variance: float
    sources: Mapping[str, float] = field(default_factory=dict)
    histogram: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    mean_advantage: float = 0.0
    inflow: int = 0
    seconds: float | None = None


def dry_run_read(
    *, batch: RolloutBatch, rm: Checkpoint | None, config: RunConfig, pairs: int
) -> DryRun:
    """What the batch's rollouts would earn under the present truth, and scores of ``rm`` where
    it has judged them; ``pairs`` is how many the run trains on."""
    rollouts = _groups(batch)
    scored = _scored(batch, rollouts, rm, config)
    values = np.array([rollout.values() for rollout in scored] or np.empty((0, len(StepKind))))
    counts = by_source(source_counts(scored))
    known = sum(counts.values())
    sampled = len(rollouts) // batch.n
    open_pairs = {row.pair_id for row in scored if not _decided(row)}
    return DryRun(
        pairs=sampled,
        group=batch.n,
        parsed=_share(sum(not row.parse_error for row in rollouts), len(rollouts)),
        zero_variance=zero_variance_share(values, batch.n) if scored else 0.0,
        sources={source: n / known for source, n in counts.items()},
        histogram=_histogram(scored),
        mean_advantage=_mean_advantage(batch, scored, config),
        inflow=round(pairs * _share(len(open_pairs), sampled)),
        seconds=_seconds(batch, len(rollouts), config),
    )


def _groups(batch: RolloutBatch) -> list[Rollout]:
    """Rollouts of one pair adjacent, whole groups only."""
    rows = (
        Rollout.objects.filter(
            pair__in=batch.pair_ids, policy=batch.policy.name, seed=batch.seed,
            sample_index__lt=batch.n,
        )
        .select_related("pair__product")
        .prefetch_related("steps")
        .order_by("pair_id", "sample_index")
    )  # fmt: skip
    rollouts = list(rows)
    sizes = Counter(row.pair_id for row in rollouts)
    return [row for row in rollouts if sizes[row.pair_id] == batch.n]


def _scored(
    batch: RolloutBatch, rollouts: Sequence[Rollout], rm: Checkpoint | None, config: RunConfig
) -> list[ScoredRollout]:
    scores: dict[int, dict[StepKind, float]] = {}
    judged = StepScore.objects.filter(rm=rm, step__rollout__in=rollouts)
    for rollout, kind, p in judged.values_list("step__rollout", "step__kind", "p"):
        scores.setdefault(rollout, {})[StepKind(kind)] = p
    rewards = rewards_of(
        config,
        current_table(batch.project),
        parse_rules(batch.project.rules),
        batch.policy.prompt_layout,
    )
    return [
        rewards.rescore(
            sample_of(pair_record(rollout.pair)),
            rollout.text,
            rollout.finish == "length",
            scores.get(rollout.pk, {}),
        )
        for rollout in rollouts
    ]


def _mean_advantage(
    batch: RolloutBatch, scored: Sequence[ScoredRollout], config: RunConfig
) -> float:
    if not scored:
        return 0.0
    rules = parse_rules(batch.project.rules)
    credit = credit_of(config, rules, stepwise=is_stepwise(config))
    credited = [credit(rollout) for rollout in scored]
    table = advantages_of(config, credited, batch.n, batch.policy.prompt_layout)
    return float(np.abs(table).mean())


def _histogram(scored: Iterable[ScoredRollout]) -> dict[int, dict[str, int]]:
    table = {int(kind): dict.fromkeys(BINS, 0) for kind in StepKind}
    for rollout in scored:
        for kind, reward in rollout.rewards.items():
            table[int(kind)][_bin(reward.value)] += 1
    return table


def _bin(value: float | None) -> str:
    if value is None:
        return "masked"
    if value in (0.0, 1.0):
        return "1" if value else "0"
    return "below half" if value < RIGHT else "half and above"


def _decided(rollout: ScoredRollout) -> bool:
    """People have decided every step, so nobody would be asked."""
    return rollout.parse_error is not None or all(
        reward.source in HUMAN_SOURCES for reward in rollout.rewards.values()
    )


def _seconds(batch: RolloutBatch, rollouts: int, config: RunConfig) -> float | None:
    if batch.finished_at is None or not rollouts:
        return None
    each = (batch.finished_at - batch.created_at).total_seconds() / rollouts
    return each * config.rl.updates * config.rl.prompts * config.rl.group


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
