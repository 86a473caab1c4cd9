"""Label noise for the papers' open question: wrong values in the TRAINING truth, on purpose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from annotation.cot.steps import VALUES, StepKind
from training.job.types import Sample
from training.rl.base.shuffle import shuffle_key
from verifier.truth import Truth, TruthTable, truth_of


def noisy(
    truths: TruthTable, samples: Sequence[Sample], share: float, seed: int
) -> tuple[TruthTable, list[Sample]]:
    """Replace about ``share`` of the true values by another value of their kind, all others
    equally likely. Which ones depends on (seed, pair, kind) alone, so that a value is wrong
    wherever it is stored and the same at every restart. Held-out pairs are not passed in."""
    if share <= 0:
        return truths, list(samples)
    rows = []
    for pair_id, number, value, source in truths.rows():
        kind, truth = truth_of(number, value, source)
        rows.append((pair_id, kind, _flipped(pair_id, kind, truth, share, seed)))
    return TruthTable(rows), [
        replace(
            sample,
            truth=_flip_all(sample.pair_id, sample.truth, share, seed),
            silver=_flip_all(sample.pair_id, sample.silver, share, seed),
        )
        for sample in samples
    ]


def _flip_all(
    pair_id: str, truths: Mapping[StepKind, Truth], share: float, seed: int
) -> dict[StepKind, Truth]:
    return {kind: _flipped(pair_id, kind, t, share, seed) for kind, t in truths.items()}


def _flipped(pair_id: str, kind: StepKind, truth: Truth, share: float, seed: int) -> Truth:
    key = shuffle_key(seed, f"noise {pair_id} {int(kind)}")
    if int.from_bytes(key[:6], "big") / 2**48 >= share:
        return truth
    others = [value for value in VALUES[kind] if value != truth.value]
    return replace(truth, value=others[key[6] % len(others)])
