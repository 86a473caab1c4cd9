"""What an update's rollouts say about a run: the measures that the monitors watch."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from annotation.cot.steps import StepKind
from training.job.types import ScoredRollout
from training.reward.rewards import human_share, source_counts
from training.reward.signature import signature

_NONE = float("nan")  # becomes null in metrics.jsonl


def rollout_metrics(rollouts: Sequence[ScoredRollout], group: int) -> dict[str, float]:
    """Of rollouts whose groups of ``group`` are adjacent; NaN where nothing is known.

    ``distinct``: distinct lines of reasoning over rollouts, a group's mean, in (0, 1].
    ``rm_score``: mean of the step rewards that the reward model gave.
    ``verified``: mean outcome where the verifier knows it, over the same rollouts.
    """
    share = human_share(source_counts(rollouts))
    groups = [rollouts[i : i + group] for i in range(0, len(rollouts), group)]
    finals = [rollout.rewards[StepKind.FINAL] for rollout in rollouts]
    return {
        "parse_rate": fmean(rollout.parse_error is None for rollout in rollouts),
        "human_share": _NONE if share is None else share,
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


def _mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return fmean(known) if known else _NONE
