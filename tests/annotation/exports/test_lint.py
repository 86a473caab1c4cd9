"""Export lint: what is broken, and which feature gives the label away."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from annotation.exports.lint import lint_records


def prm(label: bool, policy: str = "p", text: str = "a b") -> dict[str, Any]:
    return {"prompt": "q", "completions": [text], "labels": [label], "policy": policy}


def report(*records: dict[str, Any]) -> dict[str, Any]:
    return lint_records(enumerate(records, 1))


def test_a_policy_that_tells_the_label_is_a_leak_of_its_lift() -> None:
    # 20 right by a strong policy, 20 wrong by a weak one: base 0.5, by policy 1.0.
    told = report(*[prm(True, "strong")] * 20, *[prm(False, "weak")] * 20)
    assert told["base"] == 0.5
    assert told["labels"] == {"true": 20, "false": 20}
    assert told["features"][0] == {
        "feature": "policy", "accuracy": 1.0, "lift": 0.5, "leak": True,
    }  # fmt: skip


def test_a_feature_that_says_nothing_is_no_leak() -> None:
    told = report(*[prm(True, "a"), prm(False, "a"), prm(True, "b"), prm(False, "b")] * 10)
    assert [row["leak"] for row in told["features"]] == [False] * 5


def test_rare_values_are_pooled_so_that_singletons_look_no_better_than_chance() -> None:
    told = report(*[prm(n % 2 == 0, policy=f"p{n}") for n in range(40)])
    policy = next(row for row in told["features"] if row["feature"] == "policy")
    assert (policy["accuracy"], policy["lift"]) == (0.5, 0.0)


def test_the_step_kind_may_tell_the_label() -> None:
    rows = [{"verdict": "correct", "kind": 1, "policy": "p"}] * 10
    rows += [{"verdict": "incorrect", "kind": 3, "policy": "p"}] * 10
    told = report(*rows)
    assert told["base"] == 1.0
    assert not any(row["leak"] for row in told["features"])


def test_length_shows_as_a_leak_and_in_the_means() -> None:
    told = report(*[prm(True, text="a" * 10)] * 10, *[prm(False, text="a" * 210)] * 10)
    assert told["mean_characters"] == {"true": 10.0, "false": 210.0}
    assert next(r for r in told["features"] if r["feature"] == "length")["leak"]


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"prompt": "q", "completions": ["a"], "labels": []}, "differ in length"),
        ({"prompt": "", "completions": ["a"], "labels": [True]}, "prompt is empty"),
        ({"prompt": "q", "completions": ["a"], "labels": [None]}, "no boolean"),
        ({"prompt": "q", "completions": [" "], "labels": [True]}, "step is empty"),
        ({"chosen": "a", "rejected": "a"}, "the same"),
        ({"chosen": "a", "rejected": ""}, "empty"),
        ({"verdict": "", "kind": 3}, "missing"),
    ],
)
def test_a_defect_is_counted_with_its_first_line(record: dict[str, Any], message: str) -> None:
    told = report(record, record)
    assert [(row["count"], row["first_line"]) for row in told["defects"]] == [(2, 1)]
    assert message in told["defects"][0]["message"]


def test_a_query_in_two_splits_is_a_defect() -> None:
    told = report(
        {"query": "q", "split": "train", "verdict": "correct"},
        {"query": "q", "split": "test", "verdict": "correct"},
    )
    assert told["defects"] == [
        {"message": "a query is in two splits", "count": 1, "first_line": 2}
    ]


def test_the_command_prints_the_report_and_fails_on_a_leak(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "prm.jsonl"
    rows = [prm(True, "strong")] * 20 + [prm(False, "weak")] * 20
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(CommandError, match="leaks through: policy"):
        call_command("export_lint", path)
    assert json.loads(capsys.readouterr().out)["records"] == 40
