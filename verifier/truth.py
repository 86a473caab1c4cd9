"""A frozen table of verified step values: what an RL run takes as ground truth.

The table is written once (a release), named by its sha256, and never changes after; a run
that finds another sum refuses to start. Pure: no Django, no torch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from annotation.cot.steps import STRUCTURED_KINDS, VALUES, StepKind

Source = Literal["adjudicated", "consensus", "gold", "silver"]
SOURCES: tuple[Source, ...] = get_args(Source)  # the strongest first
HUMAN_SOURCES = frozenset[Source]({"adjudicated", "consensus"})


class TruthError(ValueError):
    """The table is malformed or is not the one that was released."""


@dataclass(frozen=True, slots=True)
class Truth:
    """The verified value of one structured step and where it came from."""

    value: str
    source: Source


def truth_of(kind: int | str, value: object, source: object) -> tuple[StepKind, Truth]:
    """Check one entry.

    Raises:
        TruthError: unknown kind, value outside the kind's values, unknown source.
    """
    if str(kind) not in {str(int(k)) for k in STRUCTURED_KINDS}:
        raise TruthError(f"kind must be 3, 4 or 5, got '{kind}'")
    step = StepKind(int(kind))
    if value not in VALUES[step]:
        raise TruthError(
            f"'{value}' is not a value of step {step:d}: {', '.join(VALUES[step])}"
        )
    for known in SOURCES:
        if source == known:
            return step, Truth(str(value), known)
    raise TruthError(f"'{source}' is not a source: {', '.join(SOURCES)}")


class TruthTable:
    """(pair_id, kind) to the strongest :class:`Truth`; immutable once built."""

    def __init__(self, rows: Iterable[tuple[str, StepKind, Truth]] = ()) -> None:
        best: dict[tuple[str, StepKind], Truth] = {}
        for pair_id, kind, truth in rows:
            old = best.get((pair_id, kind))
            if old is None or SOURCES.index(truth.source) < SOURCES.index(old.source):
                best[pair_id, kind] = truth
        self._best: Mapping[tuple[str, StepKind], Truth] = best

    def __len__(self) -> int:
        return len(self._best)

    def lookup(self, pair_id: str, kind: StepKind) -> Truth | None:
        """The strongest truth known, or None: unknown is not wrong."""
        return self._best.get((pair_id, kind))

    def rows(self) -> list[list[Any]]:
        """``[pair_id, kind, value, source]``, sorted: the form that is hashed and stored."""
        return sorted([p, int(k), t.value, t.source] for (p, k), t in self._best.items())


def rows_sha256(rows: Iterable[Iterable[Any]]) -> str:
    """sha256 over the sorted rows as compact UTF-8 JSON (docs/formats.md)."""
    ordered = sorted([list(row) for row in rows])
    text = json.dumps(ordered, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def dump(table: TruthTable) -> str:
    """The text of ``truth.json``."""
    rows = table.rows()
    body = {"sha256": rows_sha256(rows), "rows": rows}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def parse_table(text: str) -> TruthTable:
    """Read the text of ``truth.json``.

    Raises:
        TruthError: not JSON, a bad row (with its number from 1), or a sum that differs.
    """
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise TruthError(f"not JSON: {error}") from error
    rows = data.get("rows") if isinstance(data, dict) else None
    if not isinstance(rows, list):
        raise TruthError("expected an object with 'sha256' and a list 'rows'")
    entries = [_entry(number, row) for number, row in enumerate(rows, 1)]
    if data.get("sha256") != rows_sha256(rows):
        raise TruthError("sha256 differs: the rows are not the ones that were released")
    return TruthTable(entries)


def load(path: Path) -> TruthTable:
    """:func:`parse_table` of a file; ``OSError`` passes through."""
    return parse_table(path.read_text(encoding="utf-8"))


def _entry(number: int, row: object) -> tuple[str, StepKind, Truth]:
    if not isinstance(row, list) or len(row) != 4 or not isinstance(row[0], str):
        raise TruthError(f"row {number}: expected [pair_id, kind, value, source]")
    try:
        kind, truth = truth_of(row[1], row[2], row[3])
    except TruthError as error:
        raise TruthError(f"row {number}: {error}") from error
    return row[0], kind, truth
