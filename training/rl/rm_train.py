"""Fit the stepwise reward model on people's step verdicts; measure it on held-out queries."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from annotation.steps import StepKind
from training.rl.calibration import cross_fitted, fit_temperature, log_odds
from training.rl.config import RunConfig
from training.rl.fit import fit
from training.rl.policy import Policy
from training.rl.reward_model import (
    RewardModel,
    RmExample,
    examples_of,
    fit_example,
)
from training.rl.rm_metrics import rm_report
from training.rl.types import BadInput, LabelledRollout

_MAX_REPEATS = 4  # a rare verdict is shown at most so often as it occurs times this


def train_reward_model(
    policy: Policy,
    labels: Sequence[LabelledRollout],
    config: RunConfig,
    run_dir: Path,
    callbacks: list[Any],
) -> tuple[RewardModel, dict[str, Any]]:
    """The trained model and its report on the held-out queries.

    Raises:
        BadInput: no verdicts, or only one kind of verdict: nothing to tell apart.
    """
    examples = examples_of(labels, policy.layout)
    if len({example.correct for example in examples}) < 2:
        raise BadInput(
            f"labels.jsonl: {len(examples)} step verdicts and not both correct and incorrect "
            "among them; the reward model has nothing to tell apart"
        )
    train, held = split_by_query(examples, config.fit.holdout)
    balanced = balance(train)
    fit(
        policy,
        [fit_example(policy.tokenizer, example) for example in balanced],
        config.fit,
        run_dir,
        config.seed,
        callbacks,
    )
    model = RewardModel(policy, config.eval.batch_size, prior_shift(train, balanced))
    report: dict[str, Any] = {
        "train": len(train),
        "train_balanced": len(balanced),
        "held_out": None,
    }
    if held:
        odds = [score.odds for score in model.review([example.prompt for example in held])]
        truths = [example.correct for example in held]
        chances = cross_fitted(odds, truths, [_place(e.query, "fold") > 0.5 for e in held])
        report["held_out"] = rm_report([e.kind for e in held], chances, truths)
        model.temperature = fit_temperature(odds, truths)
    return model, report


def split_by_query(
    examples: Sequence[RmExample], holdout: float
) -> tuple[list[RmExample], list[RmExample]]:
    """(train, held out): a query falls on one side, by its hash, so a rerun splits alike."""
    train: list[RmExample] = []
    held: list[RmExample] = []
    for example in examples:
        (held if _place(example.query, "rm") < holdout else train).append(example)
    return (train, held) if train else (held, train)


def balance(examples: Sequence[RmExample]) -> list[RmExample]:
    """Repeat the rarer verdict of each kind until the two are equal, at most four times:
    otherwise a critic of a good policy learns to say "correct"."""
    groups: dict[StepKind, dict[bool, list[RmExample]]] = defaultdict(
        lambda: {True: [], False: []}
    )
    for example in examples:
        groups[example.kind][example.correct].append(example)
    out = list(examples)
    for sides in groups.values():
        rare, common = sorted(sides.values(), key=len)
        wanted = min(len(common), _MAX_REPEATS * len(rare)) - len(rare)
        out += [rare[index % len(rare)] for index in range(wanted)]
    return out


def prior_shift(
    seen: Sequence[RmExample], trained: Sequence[RmExample]
) -> dict[StepKind, float]:
    """By kind: log odds of "correct" as people gave it, less log odds as trained on."""
    shifts = {}
    for kind in {example.kind for example in seen}:
        base = _share(seen, kind)
        shifts[kind] = log_odds(base) - log_odds(_share(trained, kind))
    return shifts


def _place(query: str, purpose: str) -> float:
    """A number in [0, 1) that a query always has for a purpose."""
    digest = hashlib.sha256(f"{purpose}\0{query}".encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32


def _share(examples: Sequence[RmExample], kind: StepKind) -> float:
    verdicts = [example.correct for example in examples if example.kind is kind]
    return sum(verdicts) / len(verdicts)
