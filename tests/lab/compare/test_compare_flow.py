"""The comparison's own command, once, on ten pairs."""

import json
from pathlib import Path

import pytest

from lab.compare.__main__ import main
from lab.compare.arms import Arm
from lab.compare.benchmark import BENCHMARKS
from lab.compare.cells import CellFailed, Lab, run_cell

pytestmark = [pytest.mark.rl, pytest.mark.nightly]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("lab")
    assert main(options(out)) == 0
    return out


def options(out: Path, *more: str) -> list[str]:
    return [
        "--suite", "tiny", "--benchmark", "tiny", "--seeds", "1", "--out", str(out),
        "--updates", "2", "--curve-every", "2", "--document", str(out / "results.md"), *more,
    ]  # fmt: skip


def test_the_document_has_a_row_an_arm_and_the_pictures_exist(lab: Path) -> None:
    text = (lab / "results.md").read_text()
    # two test sets, the cost table and the table at equal samples
    assert text.count("| GRPO, outcome reward |") == 4
    assert text.count("| SRPO, verified steps alone |") == 4
    for picture in ("tiny-f1.svg", "tiny-curves.svg"):
        assert f"results/{picture}" in text
        assert "<svg" in (lab / "results" / picture).read_text()


def test_the_document_names_the_sources_that_trained_the_cells(lab: Path) -> None:
    cells = [json.loads(path.read_text()) for path in lab.glob("cells/*/0/manifest.json")]
    (code,) = {cell["trainer"]["code"]["sha256"][:12] for cell in cells}
    assert f"trained by sources {code}." in (lab / "results.md").read_text()


def test_a_second_start_runs_nothing_again(lab: Path) -> None:
    reports = sorted(lab.glob("cells/*/0/report.json"))
    before = [path.stat().st_mtime_ns for path in reports]
    assert main(options(lab)) == 0
    assert len(reports) == 2
    assert [path.stat().st_mtime_ns for path in reports] == before


def test_results_of_other_settings_are_not_taken_for_these(
    lab: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for mode in ((), ("--report-only",)):
        assert main([*options(lab), "--curve-every", "1", *mode]) == 4
        assert "was run with other settings" in capsys.readouterr().err


def test_arms_of_a_seed_begin_with_the_same_rollouts_and_the_same_evaluation(lab: Path) -> None:
    for name in ("explored.jsonl", "predictions_before.jsonl"):
        first, second = (p.read_bytes() for p in sorted(lab.glob(f"cells/*/0/{name}")))
        assert first == second


def test_a_run_that_fails_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    benchmark = BENCHMARKS["tiny"]()
    broken = Arm("broken", "starts from nothing", {"method": "srpo"}, start="nobody")
    with pytest.raises(CellFailed, match="broken seed 0 ended with 4"):
        run_cell(Lab(tmp_path, benchmark, {}), broken, 0)


def test_an_unknown_arm_is_one_line_and_exit_code_4(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(options(tmp_path, "--only", "nobody")) == 4
    assert "has no arm 'nobody'" in capsys.readouterr().err


def test_every_arm_of_granularity_runs_and_draws_the_same_number_of_completions(
    tmp_path: Path,
) -> None:
    document = tmp_path / "results.md"
    given = ["--suite", "granularity", "--tiny", "--seeds", "1", "--out", str(tmp_path)]
    assert main([*given, "--document", str(document)]) == 0
    block = document.read_text().partition("### Steps, reward and cost")[2].partition("###")[0]
    rows = [line.split(" | ") for line in block.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == 7
    assert {row[5] for row in rows} == {"16"}  # two updates of two prompts, four each
    gaps = tmp_path / "cells" / "step_rm" / "0" / "hack_gap.json"
    assert {"gap", "gap_last"} <= set(json.loads(gaps.read_text()))
