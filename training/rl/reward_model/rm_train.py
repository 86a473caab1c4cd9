"""Fit the stepwise reward model on people's step verdicts; measure it on held-out queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from annotation.cot.steps import Layout, StepKind
from training.job.config import RunConfig
from training.job.prompts import PromptVersion
from training.job.shuffle import kept_apart, place
from training.job.types import BadInput, LabelledRollout
from training.rl.measure.calibration import Method, calibrate, cross_fitted, log_odds
from training.rl.measure.rm_metrics import MeasuredStep, rm_report
from training.rl.reward_model.judge import StepJudge
from training.rl.reward_model.model import RmExample, examples_of

_FORGED_EVERY = 10
_MAX_REPEATS = 4  # a rare verdict is shown at most so often as it occurs times this


@dataclass(frozen=True, slots=True)
class RmData:
    """Examples of the queries to train on, the same with the verdicts evened out, those of the
    held-out queries, and wrong steps that say of themselves that they are correct."""

    train: list[RmExample]
    balanced: list[RmExample]
    validation: list[RmExample]
    forged: list[RmExample]

    @property
    def fitted(self) -> list[RmExample]:
        return [*self.balanced, *self.forged]

    def counts(self) -> dict[str, int]:
        return {
            "train": len(self.train),
            "train_balanced": len(self.balanced),
            "train_forged": len(self.forged),
        }


def rm_data(
    labels: Sequence[LabelledRollout], layout: Layout, version: PromptVersion, holdout: float
) -> RmData:
    """Split by query; ``version`` is that of the prompts.

    Raises:
        BadInput: no verdicts, or only one kind of verdict: nothing to tell apart.
    """
    examples = examples_of(labels, layout, version=version)
    if len({example.correct for example in examples}) < 2:
        raise BadInput(
            f"labels.jsonl: {len(examples)} step verdicts and not both correct and incorrect "
            "among them; the reward model has nothing to tell apart"
        )
    train, validation = split_by_query(examples, holdout)
    return RmData(train, balance(train), validation, forged(train))


def measure(
    judge: StepJudge, examples: Sequence[RmExample], config: RunConfig
) -> list[MeasuredStep]:
    """The judge's P(correct) on the held-out steps, with a calibration fitted on the other half
    of the queries; the judge itself keeps the calibration fitted on all of them."""
    if not examples:
        return []
    method = cast(Method, config.fit.calibration)
    scores = judge.review([example.prompt for example in examples])
    rows = [(e, s.odds) for e, s in zip(examples, scores, strict=True) if s.odds == s.odds]
    odds, truths = [odds for _, odds in rows], [e.correct for e, _ in rows]
    folds = [place(e.query, "fold") > 0.5 for e, _ in rows]
    chances = iter(cross_fitted(odds, truths, folds, method))
    judge.calibration = calibrate(odds, truths, method)
    return [
        MeasuredStep(
            e.query, e.rollout, e.kind, e.correct, next(chances) if s.odds == s.odds else s.odds
        )
        for e, s in zip(examples, scores, strict=True)
    ]


def held_out_report(steps: Sequence[MeasuredStep], config: RunConfig) -> dict[str, Any] | None:
    """The report on the held-out steps; None without any."""
    return rm_report(steps, config.eval.bootstrap) if steps else None


def split_by_query(
    examples: Sequence[RmExample], holdout: float
) -> tuple[list[RmExample], list[RmExample]]:
    """(train, held out): a query falls on one side, by its hash, so a rerun splits alike."""
    train, validation = kept_apart(examples, lambda example: example.query, "rm", holdout)
    return (train, validation) if train else (validation, train)


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


def forged(examples: Sequence[RmExample]) -> list[RmExample]:
    """One in ten of the incorrect steps, and one at least, with a forged verdict under it: it
    stays incorrect. ``rm_prompt`` shows no such line; a prompt from elsewhere may."""
    wrong = [example for example in examples if not example.correct]
    return [replace(example, prompt=example.forged) for example in wrong[::_FORGED_EVERY]]


def prior_shift(
    seen: Sequence[RmExample], trained: Sequence[RmExample]
) -> dict[StepKind, float]:
    """By kind: log odds of "correct" as people gave it, less log odds as trained on."""
    shifts = {}
    for kind in {example.kind for example in seen}:
        base = _share(seen, kind)
        shifts[kind] = log_odds(base) - log_odds(_share(trained, kind))
    return shifts


def _share(examples: Sequence[RmExample], kind: StepKind) -> float:
    verdicts = [example.correct for example in examples if example.kind is kind]
    return sum(verdicts) / len(verdicts)
