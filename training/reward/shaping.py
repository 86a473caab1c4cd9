"""Rule-aware reward shaping (after TaoSR-AGRL, whose parts, weights and formulas are not
public; these are ours). Pure.

A rollout's judgment is taken apart: is the category right, the attribute, the tier, and does
the tier follow from the claimed category and attribute by the rules table. A rollout that is
not a five-step CoT has no part at all: every part is 0 (the hard gate on format).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, nan

from annotation.cot.rules import Rules
from training.job.config import ShapingConfig
from training.job.types import ScoredRollout
from training.reward.signature import signature


@dataclass(frozen=True, slots=True)
class Parts:
    """Each in [0, 1], NaN where no reward exists; ``consistency`` is known for any CoT."""

    category: float
    attribute: float
    tier: float
    consistency: float


def parts(rollout: ScoredRollout, rules: Rules) -> Parts:
    """Take the rewards of steps 3-5 apart; all 0 when the text is not a five-step CoT."""
    if rollout.parse_error is not None:
        return Parts(0.0, 0.0, 0.0, 0.0)
    category, attribute, tier = signature(rollout.text)
    follows = rules.tier_for(category, attribute) == tier
    values = rollout.values()
    return Parts(values[2], values[3], values[4], float(follows))


def shaped_outcome(scores: Parts, config: ShapingConfig) -> float:
    """GRPO's scalar: the weighted mean of the parts that exist, in [0, 1].

    NaN when nothing is known of the truth, because consistency alone would reward any claim
    that agrees with itself. With ``rule_gate`` a tier against the rules earns 0 as a whole.
    """
    if isnan(scores.category) and isnan(scores.attribute) and isnan(scores.tier):
        return nan
    if config.rule_gate and scores.consistency == 0:
        return 0.0
    return _mean(
        (scores.category, config.category),
        (scores.attribute, config.attribute),
        (scores.tier, config.tier),
        (scores.consistency, config.consistency),
    )


def outcome_credit(rollout: ScoredRollout, rules: Rules, config: ShapingConfig) -> list[float]:
    """The step rewards, kinds 1..5, with the shaped scalar in the place of the outcome."""
    return [*rollout.values()[:-1], shaped_outcome(parts(rollout, rules), config)]


def shaped_steps(rollout: ScoredRollout, rules: Rules, config: ShapingConfig) -> list[float]:
    """SRPO's step rewards, kinds 1..5, NaN = masked: category goes to step 3, attribute to
    step 4, tier and consistency to step 5.

    A tier from premises known to be wrong earns nothing for being right, by luck, but what it
    owes to the rules it still earns: step 5 then is at most consistency / (tier +
    consistency). The plain gate (``rewards.gated``) masks it instead.
    """
    scores = parts(rollout, rules)
    values = rollout.values()
    values[2], values[3] = scores.category, scores.attribute
    tier = 0.0 if rollout.premises_refuted and not isnan(scores.tier) else scores.tier
    gated = config.rule_gate and scores.consistency == 0 and not isnan(tier)
    values[4] = (
        nan
        if isnan(tier)
        else _mean((tier, config.tier), (scores.consistency, config.consistency))
    )
    if gated:
        values[4] = 0.0
    return values


def _mean(*weighted: tuple[float, float]) -> float:
    known = [(value, weight) for value, weight in weighted if not isnan(value)]
    total = sum(weight for _, weight in known)
    return sum(value * weight for value, weight in known) / total if total else nan
