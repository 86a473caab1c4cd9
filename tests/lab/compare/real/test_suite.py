"""The suite's own command on a small shop."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.compare.__main__ import main
from lab.compare.real.guessers import GUESSERS
from tests.lab.compare.real.folder import RATINGS, write_ratings

QUICK = ["overlap", "trees"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_ratings(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory, shop: Path) -> Path:
    out = tmp_path_factory.mktemp("cells")
    assert main(options(shop, out)) == 0
    return out


def options(shop: Path, out: Path, *more: str) -> list[str]:
    given = ["--suite", "real", "--data", str(shop), "--out", str(out)]
    document = ["--document", str(out / "docs" / "results.md")]
    return [*given, *document, *(more or ["--only", *QUICK, "--queries", "8", "0"])]


def test_the_document_has_the_raters_and_every_arm_with_all_folds(out: Path) -> None:
    text = (out / "docs" / "results.md").read_text()
    assert "| one rater against another | 7 |" in text
    assert "| the rule: word overlap and the rules table | 7 |" in text
    assert "<svg" in (out / "docs" / "results" / "real-curve.svg").read_text()


def test_every_arm_without_a_policy_answers(shop: Path, tmp_path: Path) -> None:
    names = [guesser.name for guesser in GUESSERS]
    given = ["--only", *names, "--folds", "1", "--queries", "0"]
    assert main(options(shop, tmp_path, *given)) == 0
    text = (tmp_path / "docs" / "results.md").read_text()
    for guesser in GUESSERS:
        assert f"| {guesser.label} | 1 |" in text


def test_trees_learn_what_a_thing_is_from_its_title(out: Path) -> None:
    body = json.loads((out / "docs" / "results" / "real-folds.json").read_text())
    folds = body["arms"]["pair features, extremely randomised trees"]["all"].values()
    right = sum(sum(table[i][i] for i in range(4)) for ((table),) in folds)
    assert right == sum(sum(map(sum, table)) for ((table),) in folds) == 56


def test_what_needs_no_label_has_no_curve(out: Path) -> None:
    rows = [
        line for line in (out / "docs" / "results.md").read_text().splitlines()
        if line.startswith("| the rule: ")
    ]  # fmt: skip
    assert "| - | - | 1.000" in rows[-1]  # 8 and 16 queries


def test_a_second_start_runs_nothing_again(shop: Path, out: Path) -> None:
    cells = sorted(out.glob("fold-*/*/cells/*/0/report.json"))
    before = [path.stat().st_mtime_ns for path in cells]
    assert main(options(shop, out)) == 0
    assert len(cells) == 7 * 3
    assert [path.stat().st_mtime_ns for path in cells] == before


def test_some_folds_are_said_to_be_some(shop: Path, tmp_path: Path) -> None:
    given = ["--only", "overlap", "--folds", "2", "5"]
    assert main(options(shop, tmp_path, *given)) == 0
    assert (
        "word overlap and the rules table | 2 |" in (tmp_path / "docs/results.md").read_text()
    )


def test_results_of_other_ratings_are_not_taken_for_these(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write_ratings(tmp_path)
    path = other / RATINGS
    path.write_text(path.read_text().replace("3,3,2", "2,2,2"))
    assert main(options(other, out)) == 4
    assert "results of other ratings" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (["--only", "nobody"], "no arm 'nobody'"),
        (["--folds", "7"], "no fold 7: they are 0 to 6"),
    ],
)
def test_what_there_is_not_is_one_line_and_exit_code_4(
    shop: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    given: list[str],
    complaint: str,
) -> None:
    assert main(options(shop, tmp_path, *given)) == 4
    assert complaint in capsys.readouterr().err


def test_suite_real_without_a_folder_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--suite", "real", "--out", str(tmp_path)]) == 4
    assert "--data" in capsys.readouterr().err
