"""Rewards and advantages as run.toml wants them: the one reading of its settings for the
trainer, a replay of the ledger, and a dry run. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from numpy.typing import ArrayLike

from annotation.cot.rules import Rules
from annotation.cot.steps import Layout
from training.job.advantages import (
    Normalise,
    Table,
    credited_advantages,
    outcome_advantages,
)
from training.job.config import RunConfig
from training.job.methods import METHODS
from training.job.types import ScoredRollout
from training.reward.rewards import HybridRewards, QuoteMode, RewardMode, StepScorer, gated
from training.reward.shaping import outcome_credit, shaped_steps
from verifier.truth import TruthTable

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


def rewards_of(
    config: RunConfig,
    truths: TruthTable,
    rules: Rules,
    layout: Layout,
    scorer: StepScorer | None = None,
) -> HybridRewards:
    """The step rewards of ``[rewards]``."""
    return HybridRewards(
        truths,
        scorer,
        layout,
        config.use_silver,
        cast(RewardMode, config.rewards.source),
        verdicts=config.rewards.rm == "verdict",
        reuse=config.rewards.reuse,
        use_implied=config.use_implied,
        rules=rules,
        quote=cast(QuoteMode, config.rewards.quote),
        least_kappa=config.rewards.least_kappa,
    )


def is_stepwise(config: RunConfig) -> bool:
    """Whether the method credits every step by its own reward."""
    return METHODS[config.method].credits == "step"


def advantages_of(config: RunConfig, credited: ArrayLike, group: int, layout: Layout) -> Table:
    """(N, 5) rewards that ``credit_of`` gave, to the advantages after the clamp."""
    rl = config.rl
    if not is_stepwise(config):
        return outcome_advantages(credited, group, clamp=rl.clamp)[1]
    _, advantages = credited_advantages(
        credited,
        group,
        normalise=cast(Normalise, rl.normalise),
        gamma=rl.gamma,
        clamp=rl.clamp,
        layout=layout,
    )
    return advantages
