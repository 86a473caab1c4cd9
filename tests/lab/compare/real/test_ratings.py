"""A folder of ratings is read as the truth of the last step, whatever its format."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.compare.real.folds import FOLDS, folds
from lab.compare.real.ratings import RULES, overlap_tier, ratings_read, tier_of
from tests.lab.compare.real.folder import RATINGS, write_ratings
from training.job.types import BadInput


def test_the_median_of_the_raters_is_the_tier_and_each_grade_is_kept(tmp_path: Path) -> None:
    rated = ratings_read(write_ratings(tmp_path))
    assert rated.name.endswith("56 pairs rated by 3 people")
    row = rated.rows[0]
    assert (row["query"], tier_of(row)) == ("black mouse 0", "4")
    assert rated.grades[row["pair_id"]] == [4, 4, 3]
    assert row["truth"]["3"] == {"value": "match", "source": "implied"}


def test_a_table_of_our_own_columns_is_read_by_its_tiers(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("query,title,tier\nmouse,Mouse,4\nmouse,Desk,\n")
    rated = ratings_read(tmp_path)
    assert [(row["title"], tier_of(row)) for row in rated.rows] == [("Mouse", "4")]
    assert rated.grades == {}


def test_a_mapping_beside_a_table_says_which_columns_are_what(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("Suche,Artikel,A,B,C\nMaus,Maus,4,1,4\n")
    mapping = {"query": "Suche", "title": "Artikel", "raters": ["A", "B", "C"]}
    (tmp_path / "mapping.json").write_text(json.dumps(mapping))
    assert [tier_of(row) for row in ratings_read(tmp_path).rows] == ["4"]


@pytest.mark.parametrize("text", ["", "query,title,tier\n", "a,b\n1,2\n"])
def test_a_folder_without_ratings_is_refused_by_name(tmp_path: Path, text: str) -> None:
    if text:
        (tmp_path / "mine.csv").write_text(text)
    with pytest.raises(Exception, match=rf"{tmp_path.name}|mine.csv"):
        ratings_read(tmp_path)


def test_a_row_that_cannot_be_read_is_named_by_its_line(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("query,title,tier\nmouse,Mouse,9\n")
    with pytest.raises(BadInput, match=r"mine.csv, line 2: tier '9'"):
        ratings_read(tmp_path)


def test_other_grades_are_other_ratings(tmp_path: Path) -> None:
    first = ratings_read(write_ratings(tmp_path)).fingerprint
    path = tmp_path / RATINGS
    path.write_text(path.read_text().replace("3,3,2", "2,2,2"))
    assert ratings_read(tmp_path).fingerprint != first


def test_word_overlap_is_the_tier_that_its_silver_values_give(tmp_path: Path) -> None:
    by_title = {row["title"]: row for row in ratings_read(write_ratings(tmp_path)).rows}
    silver = {
        kind: entry["value"] for kind, entry in by_title["Mouse 0 by Acme"]["silver"].items()
    }
    assert overlap_tier(by_title["Mouse 0 by Acme"]) == RULES.tiers[silver["3"], silver["4"]]


def test_every_query_is_tested_once_and_never_beside_its_own_labels(tmp_path: Path) -> None:
    rows = ratings_read(write_ratings(tmp_path)).rows
    parts = folds(rows)
    tested = [row["pair_id"] for fold in parts for row in fold.test]
    assert sorted(tested) == sorted(row["pair_id"] for row in rows)
    for fold in parts:
        train, val, test = (
            {row["query"] for row in some} for some in (fold.train, fold.val, fold.test)
        )
        assert not test & (train | val)
        assert not train & val
        assert len(train) + len(val) + len(test) == 28


def test_fewer_labels_are_whole_queries_and_part_of_more_labels(tmp_path: Path) -> None:
    fold = folds(ratings_read(write_ratings(tmp_path)).rows)[0]
    few, more = fold.with_queries(3), fold.with_queries(8)
    assert len(few.train_queries) == 3
    assert few.train_queries == more.train_queries[:3]
    assert (few.test, few.val) == (fold.test, fold.val)


def test_too_few_queries_for_the_folds_are_refused(tmp_path: Path) -> None:
    rows = ratings_read(write_ratings(tmp_path, queries=2 * FOLDS - 1)).rows
    with pytest.raises(BadInput, match="13 queries: 7 folds by query need 14"):
        folds(rows)
