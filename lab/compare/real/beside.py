"""What else answers the test queries of a shop, measured as a policy is: the table that a
policy has to stand beside. Labels are those of the training queries, as the policy's are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from lab.compare.benchmark import Row
from lab.compare.real.folds import own_split
from lab.compare.real.guessers import GUESSERS, pairs_read
from lab.compare.real.measures import (
    MEASURES,
    against_each_other,
    against_the_median,
    of_people,
)
from lab.compare.real.ratings import RatedPairs, tier_of
from training.rl.measure.bootstrap import query_tables
from training.rl.measure.classification import Counts

Answers = Mapping[str, str | None]  # pair_id -> tier; None cannot be read


def beside(rated: RatedPairs, policies: Mapping[str, Answers]) -> list[dict[str, Any]]:
    """One row a policy, an arm without one, and people: ``name``, the measures by their names,
    and the 95 % ``interval`` of the first for other queries. All are of the test pairs that
    every policy was asked about; no row without any."""
    whole, answered = own_split(rated.rows), policies.values()
    test = [row for row in whole.test if all(row["pair_id"] in a for a in answered)]
    if not test:
        return []
    rows = [_row(name, _of_tiers(test, answers)) for name, answers in policies.items()]
    fold, known = replace(whole, test=test), pairs_read(rated.rows)
    ids = [row["pair_id"] for row in test]
    for arm in GUESSERS:
        if fold.train or not arm.learns:
            tiers = dict(zip(ids, arm.guess(fold, known, 0), strict=True))
            rows.append(_row(arm.label, _of_tiers(test, tiers)))
    if rated.grades:
        rows.append(_row("one rater against another", against_each_other(test, rated.grades)))
        rows.append(
            _row("one rater against the median", against_the_median(test, rated.grades))
        )
    return rows


def beside_lines(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The rows as a table of plain text, none for no rows."""
    if not rows:
        return
    names, title = list(MEASURES), "on the same test pairs"
    width = max(len(title), *(len(str(row["name"])) for row in rows))
    head = "  ".join(f"{name:>{_width(name)}}" for name in names)
    yield f"{title:<{width}}  {head}"
    for row in rows:
        low, high = row["interval"]
        first = f"{row[names[0]]:.3f} [{low:.3f}, {high:.3f}]"
        cells = [first, *(f"{row[name]:.3f}" for name in names[1:])]
        line = "  ".join(
            f"{cell:>{_width(name)}}" for name, cell in zip(names, cells, strict=True)
        )
        yield f"{row['name']:<{width}}  {line}"


def _width(name: str) -> int:
    return 23 if name == next(iter(MEASURES)) else max(len(name), 5)


def _of_tiers(test: Sequence[Row], answers: Answers) -> Counts:
    """(Q, 1, 4, 5)."""
    tables = query_tables(
        [row["query"] for row in test],
        [tier_of(row) for row in test],
        [answers.get(row["pair_id"]) for row in test],
    )
    return tables[:, None]


def _row(name: str, tables: Counts) -> dict[str, Any]:
    measured = {key: of_people(tables, measure) for key, measure in MEASURES.items()}
    first = next(iter(MEASURES))
    _, low, high = measured[first]
    return {
        "name": name,
        **{key: value for key, (value, _, _) in measured.items()},
        "interval": [low, high],
    }
