"""What is wrong with an exported file, and what gives its labels away. No Django.

A model can learn labels from anything that goes with them: the policy that wrote the text, its
length, its layout. Each such feature gets the accuracy of guessing the label from it alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from annotation.exports.cases import Case, Defect, Record, cases_of, kind_of
from annotation.pairs.readers.files import records
from annotation.pairs.readers.rows import RowError

LEAK = 0.1  # so much better than guessing without the feature is worth a look
_FEW = 10  # rarer values of a feature are pooled, or every rare one would look like a leak
_SHOWN = 20


@dataclass(slots=True)
class _Feature:
    """Label counts by (stratum, value)."""

    counts: dict[tuple[str, str], Counter[str]] = field(
        default_factory=lambda: defaultdict(Counter)
    )

    def right(self) -> int:
        """How many cases the best guess by this feature gets right."""
        pooled: dict[str, Counter[str]] = defaultdict(Counter)
        right = 0
        for (stratum, _), labels in self.counts.items():
            if labels.total() < _FEW:
                pooled[stratum].update(labels)
            else:
                right += max(labels.values())
        return right + sum(max(labels.values()) for labels in pooled.values())


class Lint:
    """Fed one record at a time; memory grows with distinct feature values and queries only."""

    def __init__(self) -> None:
        self.kind, self.n, self.cases = "", 0, 0
        self._labels: Counter[str] = Counter()
        self._defects: Counter[str] = Counter()
        self._first: dict[str, int] = {}
        self._strata = _Feature()
        self._features: dict[str, _Feature] = defaultdict(_Feature)
        self._characters: Counter[str] = Counter()
        self._split_of: dict[int, str] = {}

    def add(self, line: int, record: Record) -> None:
        self.n += 1
        self.kind = self.kind or kind_of(record)
        self._check_split(line, record)
        for case in cases_of(self.kind, record):
            if isinstance(case, Defect):
                self.defect(line, case.message)
            else:
                self._count(case)

    def defect(self, line: int, message: str) -> None:
        self._defects[message] += 1
        self._first.setdefault(message, line)

    def report(self) -> dict[str, Any]:
        """``defects`` [{message, count, first_line}], ``labels`` {label: n}, ``base`` (accuracy
        of the commonest label of each step kind), ``features`` [{feature, accuracy, lift,
        leak}] with the strongest first, ``mean_characters`` {label: mean or None}."""
        right = self._strata.right()
        base = right / self.cases if self.cases else None
        return {
            "kind": self.kind,
            "records": self.n,
            "labelled": self.cases,
            "labels": dict(self._labels),
            "base": _rounded(base),
            "features": self._leaks(right),
            "mean_characters": {
                label: _rounded(self._characters[label] / n if n else None)
                for label, n in self._labels.items()
                if self._characters[label]
            },
            "defects": [
                {"message": message, "count": count, "first_line": self._first[message]}
                for message, count in self._defects.most_common(_SHOWN)
            ],
        }

    def _leaks(self, base: int) -> list[dict[str, Any]]:
        rows = []
        for name, feature in self._features.items():
            right = feature.right()
            lift = (right - base) / self.cases
            rows.append(
                {
                    "feature": name,
                    "accuracy": _rounded(right / self.cases),
                    "lift": _rounded(lift),
                    "leak": lift >= LEAK,
                }
            )
        return sorted(rows, key=lambda row: (-row["lift"], row["feature"]))

    def _count(self, case: Case) -> None:
        self.cases += 1
        self._labels[case.label] += 1
        self._characters[case.label] += case.characters
        self._strata.counts[case.stratum, ""][case.label] += 1
        for name, value in case.features.items():
            self._features[name].counts[case.stratum, value][case.label] += 1

    def _check_split(self, line: int, record: Mapping[str, Any]) -> None:
        query, split = record.get("query"), record.get("split")
        if query and split:
            known = self._split_of.setdefault(hash(query), str(split))
            if known != split:
                self.defect(line, "a query is in two splits")


def lint_records(rows: Iterable[tuple[int, Record | RowError]]) -> dict[str, Any]:
    lint = Lint()
    for line, record in rows:
        if isinstance(record, RowError):
            lint.defect(record.line, record.message)
        else:
            lint.add(line, record)
    return lint.report()


def lint_file(path: Path) -> dict[str, Any]:
    """The report of :meth:`Lint.report` on a JSONL, CSV or Parquet export, or on the files of a
    dataset folder.

    Raises:
        ImportFileError: the file cannot be read.
    """
    files = sorted((path / "data").iterdir()) if path.is_dir() else [path]
    return lint_records(chain.from_iterable(records(file) for file in files))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
