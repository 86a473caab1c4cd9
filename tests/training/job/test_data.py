import json
from pathlib import Path

import pytest

from annotation.cot.steps import StepKind
from training.job.data import read_labels, read_samples
from training.job.files import read_finished_jsonl, write_json
from training.job.types import BadInput
from verifier.truth import Truth

ROW = {"pair_id": "1", "query": "red shoe", "title": "shoe"}


def write(path: Path, *rows: object) -> Path:
    path.write_text(
        "".join(row if isinstance(row, str) else json.dumps(row) + "\n" for row in rows)
    )
    return path


def test_truth_and_silver_are_kept_apart(tmp_path: Path) -> None:
    row = {
        **ROW,
        "truth": {"5": {"value": "4", "source": "gold"}},
        "silver": {"3": {"value": "match"}},
    }
    (sample,) = read_samples(write(tmp_path / "train.jsonl", row))
    assert sample.truth == {StepKind.FINAL: Truth("4", "gold")}
    assert sample.silver == {StepKind.CATEGORY: Truth("match", "silver")}
    assert sample.best(StepKind.ATTRIBUTE) is None


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["{\n"], "train.jsonl line 1: not JSON"),
        (["[]\n"], "line 1: expected an object"),
        ([ROW, {**ROW, "pair_id": ""}], "line 2: 'pair_id' must be"),
        ([ROW, ROW], "line 2: pair_id '1' repeats line 1"),
        ([{**ROW, "attributes": []}, ROW], "line 2: pair_id '1' repeats"),
        ([{**ROW, "attributes": "x"}], "'attributes' must be an object"),
        ([{**ROW, "truth": {"5": {"value": "9", "source": "gold"}}}], "line 1: '9' is not"),
    ],
)
def test_a_bad_line_is_named_by_its_number(
    tmp_path: Path, lines: list[object], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        read_samples(write(tmp_path / "train.jsonl", *lines))


def test_a_missing_file_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"train\.jsonl: No such file"):
        read_samples(tmp_path / "train.jsonl")


def test_unjudged_steps_of_a_label_are_absent(tmp_path: Path) -> None:
    row = {**ROW, "steps": list("abcde"), "verdicts": {"2": "incorrect"}, "values": {"3": ""}}
    (label,) = read_labels(write(tmp_path / "labels.jsonl", row))
    assert label.verdicts == {StepKind.ITEM: False}
    assert label.values == {}


def test_an_unsure_verdict_is_not_a_label(tmp_path: Path) -> None:
    row = {**ROW, "steps": list("abcde"), "verdicts": {"2": "unsure"}}
    with pytest.raises(BadInput, match="line 1: verdict of step '2'"):
        read_labels(write(tmp_path / "labels.jsonl", row))


def test_a_last_line_cut_by_a_kill_is_dropped(tmp_path: Path) -> None:
    path = write(tmp_path / "m.jsonl", {"step": 1}, '{"step": 2')
    assert read_finished_jsonl(path) == [{"step": 1}]
    assert read_finished_jsonl(tmp_path / "none.jsonl") == []


def test_nan_never_reaches_a_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "x.json", {"a": float("nan")})
    assert not (tmp_path / "x.json").exists()
