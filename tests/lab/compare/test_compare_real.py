"""Real ratings as a benchmark, on a file of three raters made here."""

import csv
import json
from pathlib import Path

import pytest

from lab.compare.__main__ import main
from lab.compare.real import RATINGS, real_benchmark
from training.job.types import BadInput

QUERIES = [f"wireless mouse {number}" for number in range(40)]


@pytest.fixture
def ratings(tmp_path: Path) -> Path:
    products = [
        {"id": f"d{n}", "title": f"Mouse {n} wireless", "supplier": "Acme"}
        for n in range(len(QUERIES))
    ]
    (tmp_path / "products.jsonl").write_text("\n".join(json.dumps(p) for p in products))
    with (tmp_path / RATINGS).open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(
            [
                "query",
                "docid",
                "agent_1_rating",
                "agent_2_rating",
                "agent_3_rating",
                "final_rating",
            ]
        )
        for number, query in enumerate(QUERIES):
            writer.writerow([query, f"d{number}", 0, 3, 3, 3])
    return tmp_path


def test_the_median_grade_is_the_tier_and_queries_are_in_one_split(ratings: Path) -> None:
    benchmark = real_benchmark(ratings)
    rows = [*benchmark.train, *benchmark.held_out]
    assert {row["truth"]["5"]["value"] for row in rows} == {"4"}
    assert {row["truth"]["3"]["source"] for row in rows} == {"implied"}  # tier 4 is a match
    assert not {r["query"] for r in benchmark.train} & {r["query"] for r in benchmark.held_out}
    assert benchmark.tests == {"test": [row["pair_id"] for row in benchmark.held_out]}
    assert "by 3 people" in benchmark.name
    # raters 2 and 3 agree (F1 1), each pair with rater 1 shares no tier (F1 0): 2 of 6 ordered
    assert "macro F1 0.333" in benchmark.ceiling


def test_a_reference_cot_carries_the_raters_word_on_its_tier(ratings: Path) -> None:
    for line in real_benchmark(ratings).references:
        claimed = line["steps"][4].strip().splitlines()[-1].removeprefix("tier: ")
        assert line["verdicts"] == {"5": "correct" if claimed == "4" else "incorrect"}


def test_a_folder_without_ratings_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=RATINGS):
        real_benchmark(tmp_path)


def test_suite_real_without_a_folder_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--suite", "real", "--out", str(tmp_path)]) == 4
    assert "--data" in capsys.readouterr().err
