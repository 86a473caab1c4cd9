"""Label noise for the papers' open question: wrong values in the TRAINING truth, on purpose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from annotation.cot.steps import VALUES, StepKind
from training.job.shuffle import shuffle_key
from training.job.types import Sample
from verifier.truth import VERDICTS, Truth, TruthTable


def noisy(
    truths: TruthTable, samples: Sequence[Sample], share: float, seed: int
) -> tuple[TruthTable, list[Sample]]:
    """Replace about ``share`` of the true values by another value of their kind, all others
    equally likely, and as many verdicts on texts of steps 1-2 by the other one. Which ones
    depends on (seed, pair or text, kind) alone, so that a value is wrong wherever it is stored
    and the same at every restart. Held-out pairs are not passed in."""
    if share <= 0:
        return truths, list(samples)

    def flipped(key: str, kind: StepKind, truth: Truth) -> Truth:
        return _flipped(key, kind, truth, share, seed)

    return truths.changed(flipped), [
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


def _flipped(name: str, kind: StepKind, truth: Truth, share: float, seed: int) -> Truth:
    key = shuffle_key(seed, f"noise {name} {int(kind)}")
    if int.from_bytes(key[:6], "big") / 2**48 >= share:
        return truth
    others = [value for value in VALUES.get(kind, VERDICTS) if value != truth.value]
    return replace(truth, value=others[key[6] % len(others)])
