"""Label noise for the papers' open question: wrong values in the TRAINING truth, on purpose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from annotation.cot.rules import Rules
from annotation.cot.steps import VALUES, StepKind
from training.job.shuffle import shuffle_key
from training.job.types import Sample
from verifier.implied import completed, implied_again
from verifier.truth import VERDICTS, Truth, TruthTable


def noisy(
    truths: TruthTable, samples: Sequence[Sample], share: float, seed: int, rules: Rules
) -> tuple[TruthTable, list[Sample]]:
    """Replace about ``share`` of the true values by another value of their kind, all others
    equally likely, and as many verdicts on texts of steps 1-2 by the other one. Which ones
    depends on (seed, pair or text, kind) alone, so that a value is wrong wherever it is stored
    and the same at every restart. What a tier implies is implied by the wrong one. Held-out
    pairs are not passed in."""
    if share <= 0:
        return truths, list(samples)

    def flipped(key: str, kind: StepKind, truth: Truth) -> Truth:
        return misread(key, kind, truth, share, seed)

    table = truths.changed(flipped)
    pairs = {pair for pair, _, truth in truths.entries() if truth.source == "implied"}
    return table.with_rows(implied_again(table.entries(), rules, pairs)), [
        replace(
            sample,
            truth=_flip_stated(sample, share, seed, rules),
            silver=_flip_all(sample.pair_id, sample.silver, share, seed),
        )
        for sample in samples
    ]


def _flip_stated(
    sample: Sample, share: float, seed: int, rules: Rules
) -> dict[StepKind, Truth]:
    stated = {kind: t for kind, t in sample.truth.items() if t.source != "implied"}
    flipped = _flip_all(sample.pair_id, stated, share, seed)
    return flipped if len(stated) == len(sample.truth) else completed(flipped, rules)


def _flip_all(
    pair_id: str, truths: Mapping[StepKind, Truth], share: float, seed: int
) -> dict[StepKind, Truth]:
    return {kind: misread(pair_id, kind, t, share, seed) for kind, t in truths.items()}


def misread(name: str, kind: StepKind, truth: Truth, share: float, seed: int) -> Truth:
    """The truth, or for about ``share`` of the names another value of its kind."""
    key = shuffle_key(seed, f"noise {name} {int(kind)}")
    if int.from_bytes(key[:6], "big") / 2**48 >= share:
        return truth
    others = [value for value in VALUES.get(kind, VERDICTS) if value != truth.value]
    return replace(truth, value=others[key[6] % len(others)])
