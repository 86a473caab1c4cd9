"""What an update's rollouts say about a run: the measures that the monitors watch."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from annotation.cot.steps import OPEN_KINDS, StepKind
from training.job.types import ScoredRollout
from training.reward.signature import signature
from training.reward.sources import (
    by_source,
    human_share,
    reused_share,
    source_counts,
    source_share,
)
from verifier.truth import SOURCES

_NONE = float("nan")  # becomes null in metrics.jsonl
_SOURCES = (*SOURCES, "rm", "quote")


def rollout_metrics(rollouts: Sequence[ScoredRollout], group: int) -> dict[str, float]:
    """Of rollouts whose groups of ``group`` are adjacent; NaN where nothing is known.

    ``share_*``: of the step rewards that exist, by source; ``reused``: of those of steps 1-2,
    the share that people's verdicts on the same text gave.
    ``distinct``: distinct lines of reasoning over rollouts, a group's mean, in (0, 1].
    ``rm_score``: mean of the step rewards that the reward model gave.
    ``verified``: mean outcome where the verifier knows it, over the same rollouts.
    """
    counts = source_counts(rollouts)
    sources = by_source(counts)
    shares = {f"share_{source}": source_share(sources, source) for source in _SOURCES}
    groups = [rollouts[i : i + group] for i in range(0, len(rollouts), group)]
    finals = [rollout.rewards[StepKind.FINAL] for rollout in rollouts]
    return {
        "parse_rate": fmean(rollout.parse_error is None for rollout in rollouts),
        "human_share": _known(human_share(sources)),
        "reused": _known(reused_share(counts, OPEN_KINDS)),
        **{name: _known(share) for name, share in shares.items()},
        "distinct": fmean(len({signature(r.text) for r in g}) / len(g) for g in groups),
        "rm_score": _mean(
            [
                reward.value
                for rollout in rollouts
                for reward in rollout.rewards.values()
                if reward.source == "rm"
            ]
        ),
        "verified": _mean([reward.value for reward in finals if reward.source != "rm"]),
    }


def _known(share: float | None) -> float:
    return _NONE if share is None else share


def _mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return fmean(known) if known else _NONE
