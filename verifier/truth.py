"""A frozen table of verified step values: what an RL run takes as ground truth.

The table is written once (a release), named by its sha256, and never changes after; a run
that finds another sum refuses to start. Pure: no Django, no torch.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from annotation.cot.steps import OPEN_KINDS, STRUCTURED_KINDS, VALUES, StepKind

Source = Literal["adjudicated", "consensus", "gold", "implied", "silver"]
SOURCES: tuple[Source, ...] = get_args(Source)  # the strongest first
STATED: tuple[Source, ...] = SOURCES[:3]  # somebody said it of that very step
HUMAN_SOURCES = frozenset[Source]({"adjudicated", "consensus"})
VERDICTS = ("correct", "incorrect")
VERSION = 3  # of truth.json; 1 had rows of four columns alone
_CHAINED = 2  # the hash of an open step was over what stands before it as well

_SHA256 = re.compile(r"[0-9a-f]{64}")
_T = TypeVar("_T")


class TruthError(ValueError):
    """The table is malformed or is not the one that was released."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What is verified of one step: the value of a structured one, the verdict on the text of
    an open one. ``resolution`` is the decision behind it; imported values have none."""

    value: str
    source: Source
    resolution: int | None = None


Entry = tuple[str, StepKind, Truth]  # pair_id, or the hash of an open step's text


def truth_of(
    kind: int | str, value: object, source: object, resolution: object = None
) -> tuple[StepKind, Truth]:
    """Check one entry of a structured step.

    Raises:
        TruthError: unknown kind, value outside the kind's values, unknown source, a resolution
            that is no number.
    """
    step = _kind(kind, STRUCTURED_KINDS, "3, 4 or 5")
    if value not in VALUES[step]:
        raise TruthError(
            f"'{value}' is not a value of step {step:d}: {', '.join(VALUES[step])}"
        )
    if resolution is not None and type(resolution) is not int:
        raise TruthError(f"resolution must be a number or null, got '{resolution}'")
    return step, Truth(str(value), _source(source, SOURCES), resolution)


def verdict_of(kind: int | str, verdict: object, source: object) -> tuple[StepKind, Truth]:
    """Check one entry of an open step; derived verdicts (implied, silver) do not exist there.

    Raises:
        TruthError: unknown kind, verdict or source.
    """
    step = _kind(kind, OPEN_KINDS, "1 or 2")
    if verdict not in VERDICTS:
        raise TruthError(f"'{verdict}' is not a verdict: {', '.join(VERDICTS)}")
    return step, Truth(str(verdict), _source(source, STATED))


class TruthTable:
    """The strongest :class:`Truth` of every (pair_id, kind), and of every text of an open step
    by its hash; immutable once built. ``labels`` names what a reward model learns from
    beside it: the sum of the decisions that the release froze, "" for none. ``chained`` says
    how texts are hashed (``annotation.cot.steps.step_hashes``)."""

    def __init__(
        self,
        rows: Iterable[Entry] = (),
        steps: Iterable[Entry] = (),
        labels: str = "",
        *,
        chained: bool = False,
    ) -> None:
        self._best = _strongest(rows)
        self._steps = _strongest(steps)
        self.labels = labels
        self.chained = chained

    def __len__(self) -> int:
        """Values known of pairs."""
        return len(self._best)

    def entries(self) -> Iterator[Entry]:
        """What is known of pairs, in no order."""
        return ((pair, kind, truth) for (pair, kind), truth in self._best.items())

    def lookup(self, pair_id: str, kind: StepKind) -> Truth | None:
        """The strongest truth known, or None: unknown is not wrong."""
        return self._best.get((pair_id, kind))

    def step(self, step_sha256: str, kind: StepKind) -> Truth | None:
        """The strongest verdict on that very text of an open step, or None."""
        return self._steps.get((step_sha256, kind))

    def rows(self) -> list[list[Any]]:
        """``[pair_id, kind, value, source, resolution]``, sorted: the form that is stored."""
        return sorted(
            [p, int(k), t.value, t.source, t.resolution] for (p, k), t in self._best.items()
        )

    def steps(self) -> list[list[Any]]:
        """``[step_sha256, kind, verdict, source]``, sorted: the form that is stored."""
        return sorted([s, int(k), t.value, t.source] for (s, k), t in self._steps.items())

    def with_rows(self, rows: Iterable[Entry]) -> TruthTable:
        """Another table with these values of pairs and the same verdicts on texts."""
        table = TruthTable(rows, labels=self.labels, chained=self.chained)
        table._steps = self._steps
        return table

    def changed(self, change: Callable[[str, StepKind, Truth], Truth]) -> TruthTable:
        """Another table with each truth replaced; ``change`` is given the pair's id, or the
        hash for an open step."""
        return TruthTable(
            ((key, kind, change(key, kind, t)) for (key, kind), t in self._best.items()),
            ((key, kind, change(key, kind, t)) for (key, kind), t in self._steps.items()),
            self.labels,
            chained=self.chained,
        )


def table_sha256(table: TruthTable) -> str:
    """What a release is named by (docs/formats.md)."""
    return _sha256(_body(table))


def dump(table: TruthTable) -> str:
    """The text of ``truth.json``."""
    body = _body(table)
    return _compact({"sha256": _sha256(body), **body})


def parse_table(text: str) -> TruthTable:
    """Read the text of ``truth.json``.

    Raises:
        TruthError: not JSON, a version to come, a bad row (with its number from 1), or a sum
            that differs.
    """
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise TruthError(f"not JSON: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("rows"), list):
        raise TruthError("expected an object with 'sha256' and a list 'rows'")
    version = data.get("version", 1)
    if version not in range(1, VERSION + 1):
        raise TruthError(f"version {version}: this program reads up to {VERSION}")
    width = 4 if version == 1 else 5
    rows = [_row(number, row, width) for number, row in enumerate(data["rows"], 1)]
    steps = [_step(number, row) for number, row in enumerate(_steps_of(data, version), 1)]
    body = {key: value for key, value in data.items() if key != "sha256"}
    digest = _rows_sha256(data["rows"]) if version == 1 else _sha256(body)
    if data.get("sha256") != digest:
        raise TruthError("sha256 differs: the rows are not the ones that were released")
    labels = str(data.get("labels", ""))
    return TruthTable(rows, steps, labels, chained=version == _CHAINED)


def load(path: Path) -> TruthTable:
    """:func:`parse_table` of a file; ``OSError`` passes through."""
    return parse_table(path.read_text(encoding="utf-8"))


def _strongest(entries: Iterable[Entry]) -> Mapping[tuple[str, StepKind], Truth]:
    best: dict[tuple[str, StepKind], Truth] = {}
    for key, kind, truth in entries:
        old = best.get((key, kind))
        if old is None or SOURCES.index(truth.source) < SOURCES.index(old.source):
            best[key, kind] = truth
    return best


def _kind(kind: int | str, known: tuple[StepKind, ...], named: str) -> StepKind:
    if str(kind) not in {str(int(k)) for k in known}:
        raise TruthError(f"kind must be {named}, got '{kind}'")
    return StepKind(int(kind))


def _source(source: object, known: tuple[Source, ...]) -> Source:
    for each in known:
        if source == each:
            return each
    raise TruthError(f"'{source}' is not a source: {', '.join(known)}")


def _body(table: TruthTable) -> dict[str, Any]:
    return {
        "version": _CHAINED if table.chained else VERSION,
        "labels": table.labels,
        "rows": table.rows(),
        "steps": table.steps(),
    }


def _compact(body: object) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _sha256(body: Mapping[str, Any]) -> str:
    """Over all that the file holds beside the sum itself."""
    return hashlib.sha256(_compact(dict(sorted(body.items()))).encode()).hexdigest()


def _rows_sha256(rows: list[list[Any]]) -> str:
    """The sum of version 1: over the sorted rows."""
    return hashlib.sha256(_compact(sorted(rows)).encode()).hexdigest()


def _steps_of(data: Mapping[str, Any], version: int) -> list[Any]:
    steps = data.get("steps") if version > 1 else []
    if not isinstance(steps, list):
        raise TruthError("expected a list 'steps'")
    return steps


def _row(number: int, row: object, width: int) -> Entry:
    if not isinstance(row, list) or len(row) != width or not isinstance(row[0], str):
        columns = ["pair_id", "kind", "value", "source", "resolution"][:width]
        raise TruthError(f"row {number}: expected [{', '.join(columns)}]")
    return row[0], *_named(f"row {number}", lambda: truth_of(*row[1:]))


def _step(number: int, row: object) -> Entry:
    if not isinstance(row, list) or len(row) != 4 or not _SHA256.fullmatch(str(row[0])):
        raise TruthError(f"step {number}: expected [step_sha256, kind, verdict, source]")
    return row[0], *_named(f"step {number}", lambda: verdict_of(*row[1:]))


def _named(place: str, check: Callable[[], _T]) -> _T:
    try:
        return check()
    except TruthError as error:
        raise TruthError(f"{place}: {error}") from error
