"""People's errors in the rows that a cell is given, as ``rewards.label_noise`` makes them in
its training truth: a value that is wrong is wrong wherever it stands. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from annotation.cot.steps import OPEN_KINDS, StepKind
from lab.compare.benchmark import Row
from training.reward.noise import misread
from verifier.truth import Truth


def misread_rows(rows: Sequence[Row], share: float, seed: int) -> list[Row]:
    """Pair records with about ``share`` of their true values replaced."""
    if not share:
        return list(rows)
    return [row | {"truth": _values(row, share, seed)} for row in rows]


def misread_verdicts(row: Row, share: float, seed: int) -> Row:
    """A line of labels.jsonl with about ``share`` of the verdicts on steps 1-2 turned round;
    the others follow from the values."""
    verdicts = dict(row["verdicts"])
    for kind in OPEN_KINDS:
        key = str(int(kind))
        if key in verdicts:
            truth = Truth(verdicts[key], "consensus")
            verdicts[key] = misread(row["pair_id"], kind, truth, share, seed).value
    return row | {"verdicts": verdicts}


def _values(row: Row, share: float, seed: int) -> Row:
    return {
        key: entry
        | {
            "value": misread(
                row["pair_id"],
                StepKind(int(key)),
                Truth(entry["value"], entry["source"]),
                share,
                seed,
            ).value
        }
        for key, entry in row["truth"].items()
    }
