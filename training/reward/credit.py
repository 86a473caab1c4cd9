"""From a rollout's step rewards to the rewards that its advantages are made of, as run.toml
wants it. Pure."""

from __future__ import annotations

from collections.abc import Callable

from annotation.cot.rules import Rules
from training.job.config import RunConfig
from training.job.types import ScoredRollout
from training.reward.rewards import gated
from training.reward.shaping import outcome_credit, shaped_steps

# the rewards, kinds 1..5; NaN = masked
Credit = Callable[[ScoredRollout], list[float]]


def plain(rollout: ScoredRollout) -> list[float]:
    """The step rewards as they are."""
    return rollout.values()


def credit_of(config: RunConfig, rules: Rules, *, stepwise: bool) -> Credit:
    """``stepwise``: every step is credited by its own reward (SRPO), not by the outcome's. The
    outcome alone is never gated: there are no steps to gate it by."""
    weights = config.shaping
    if config.rl.shaping == "rules" and stepwise:
        return lambda rollout: shaped_steps(rollout, rules, weights)
    if config.rl.shaping == "rules":
        return lambda rollout: outcome_credit(rollout, rules, weights)
    return gated if stepwise and config.rl.gate_final else plain
