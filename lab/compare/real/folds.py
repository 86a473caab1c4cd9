"""Folds by query, and fewer labels within a fold. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from annotation.cot.splits import normal_query, query_key, split_of
from lab.compare.benchmark import Row
from training.job.types import BadInput

FOLDS = 7
_VALIDATION = 5  # one in so many of the queries outside the fold chooses settings
ALL = 0  # queries of labels: as many as there are
LABEL_SIZES = (8, 16, 32, ALL)  # of the curve


@dataclass(frozen=True, slots=True)
class Fold:
    """No query is in two of the three lists, and every query is in ``test`` of one fold. What
    is chosen is chosen on ``val``."""

    number: int
    train: list[Row]
    val: list[Row]
    test: list[Row]

    @property
    def train_queries(self) -> list[str]:
        """In the order in which people would have been asked about them."""
        return list(dict.fromkeys(_key(row) for row in self.train))

    def with_queries(self, count: int) -> Fold:
        """The labels of the first ``count`` queries; a smaller set is within a larger one."""
        if count == ALL:
            return self
        kept = set(self.train_queries[:count])
        return replace(self, train=[row for row in self.train if _key(row) in kept])


def folds(rows: Sequence[Row], count: int = FOLDS) -> list[Fold]:
    """
    Raises:
        BadInput: fewer queries than two a fold.
    """
    queries = sorted({_key(row) for row in rows}, key=query_key)
    if len(queries) < 2 * count:
        raise BadInput(f"{len(queries)} queries: {count} folds by query need {2 * count}")
    return [_fold(rows, queries, number, count) for number in range(count)]


def own_split(rows: Sequence[Row]) -> Fold:
    """The split of the project itself."""
    parts: dict[str, list[Row]] = {"train": [], "val": [], "test": []}
    for row in rows:
        parts[split_of(row["query"])].append(row)
    return Fold(0, parts["train"], parts["val"], parts["test"])


def label_sizes(parts: Sequence[Fold], wanted: Sequence[int] = LABEL_SIZES) -> list[int]:
    """Those that every fold has more queries than."""
    fewest = min(len(fold.train_queries) for fold in parts)
    return [size for size in wanted if size < fewest]


def _fold(rows: Sequence[Row], queries: Sequence[str], number: int, count: int) -> Fold:
    tested = queries[number::count]
    others = [query for query in queries if query not in tested]
    random.Random(number).shuffle(others)
    validation = max(1, len(others) // _VALIDATION)
    return Fold(
        number,
        list(_of(rows, others[validation:])),
        list(_of(rows, others[:validation])),
        list(_of(rows, tested)),
    )


def _of(rows: Sequence[Row], queries: Sequence[str]) -> Iterator[Row]:
    """The rows of these queries, in their order."""
    place = {query: number for number, query in enumerate(queries)}
    chosen = [row for row in rows if _key(row) in place]
    return iter(sorted(chosen, key=lambda row: place[_key(row)]))


def _key(row: Row) -> str:
    return normal_query(row["query"])
