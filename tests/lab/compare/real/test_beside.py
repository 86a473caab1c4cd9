"""The table that a policy has to stand beside."""

from __future__ import annotations

from pathlib import Path

from annotation.cot.splits import split_of
from lab.compare.real.beside import beside, beside_lines
from lab.compare.real.guessers import GUESSERS
from lab.compare.real.measures import MEASURES
from lab.compare.real.ratings import RatedPairs, ratings_read, tier_of
from tests.lab.compare.real.folder import write_ratings


def rated(folder: Path, queries: int = 28) -> RatedPairs:
    return ratings_read(write_ratings(folder, queries))


def test_policies_arms_and_people_are_measured_on_the_same_test_pairs(tmp_path: Path) -> None:
    known = rated(tmp_path)
    right = {row["pair_id"]: tier_of(row) for row in known.rows}
    silent = dict.fromkeys(right)
    rows = beside(known, {"right": right, "silent": silent})
    assert [row["name"] for row in rows] == [
        "right", "silent", *(arm.label for arm in GUESSERS),
        "one rater against another", "one rater against the median",
    ]  # fmt: skip
    assert {rows[0][name] for name in MEASURES} == {1.0}
    assert {rows[1][name] for name in MEASURES} == {0.0}
    assert rows[0]["interval"] == [1.0, 1.0]
    median = rows[-1]["quadratic kappa"]
    assert rows[-2]["quadratic kappa"] < median < 1


def test_arms_learn_from_the_labels_of_training_queries_alone(tmp_path: Path) -> None:
    known = rated(tmp_path)
    spoiled = [
        {**row, "truth": {"5": {"value": "2"}}} if split_of(row["query"]) == "val" else row
        for row in known.rows
    ]
    assert beside(known, {}) == beside(RatedPairs(known.name, spoiled, known.grades), {})


def test_pairs_that_a_policy_was_not_asked_about_are_nobodys(tmp_path: Path) -> None:
    known = rated(tmp_path)
    right = {row["pair_id"]: tier_of(row) for row in known.rows}
    first = next(row["pair_id"] for row in known.rows if split_of(row["query"]) == "test")
    rows = beside(known, {"all": dict.fromkeys(right, "1"), "one": {first: right[first]}})
    assert [row["macro F1"] for row in rows[:2]] == [0.0, 1.0]


def test_without_a_test_query_there_is_no_table(tmp_path: Path) -> None:
    known = rated(tmp_path)
    rows = [row for row in known.rows if split_of(row["query"]) != "test"]
    assert beside(RatedPairs(known.name, rows), {}) == []


def test_the_table_has_a_line_a_row_and_the_interval_of_kappa() -> None:
    row = dict.fromkeys(MEASURES, 0.5) | {"name": "trees", "interval": [0.25, 0.75]}
    head, line = beside_lines([row])
    assert "quadratic kappa" in head
    assert line.startswith("trees")
    assert "0.500 [0.250, 0.750]" in line
    assert len(head) == len(line)
