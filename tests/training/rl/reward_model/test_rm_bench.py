"""The reward model's bench: who judges, and which queries a share holds."""

import pytest

from annotation.cot.steps import StepKind, parse, render
from bench import reward_model as bench
from lab.compare.benchmark import share_of
from lab.simulate.judge import NoisyJudge

pytestmark = pytest.mark.rl

BODIES = {StepKind.QUERY: "wants a red shoe", StepKind.ITEM: "a blue shoe"}
TEXT = render(
    {
        **BODIES,
        StepKind.CATEGORY: "category: match",
        StepKind.ATTRIBUTE: "attribute: all",
        StepKind.FINAL: "tier: 4",
    }
)
ROW = {
    "pair_id": "1",
    "query": "red shoe",
    "title": "blue shoe",
    "truth": {
        "3": {"value": "match", "source": "consensus"},
        "4": {"value": "none", "source": "consensus"},
        "5": {"value": "2", "source": "consensus"},
    },
}


def test_a_person_without_slips_says_what_is_true() -> None:
    bodies = {**BODIES, StepKind.ITEM: "a green shoe"}
    row = bench.judged_row(ROW, bodies, TEXT, NoisyJudge(0.0, 0))
    assert row is not None
    assert row["verdicts"] == {
        "1": "correct", "2": "incorrect", "3": "correct", "4": "incorrect", "5": "incorrect",
    }  # fmt: skip
    assert row["values"] == {"3": "match", "4": "none", "5": "2"}
    assert "".join(f"{step}\n" for step in row["steps"]) == TEXT
    assert len(parse(TEXT)) == 5


def test_a_rollout_that_lacks_a_step_is_not_judged() -> None:
    assert bench.judged_row(ROW, BODIES, TEXT.partition("## 5")[0], NoisyJudge(0.0, 0)) is None


def test_a_share_is_of_whole_queries_and_the_smaller_lies_in_the_larger() -> None:
    rows = [{"query": str(number // 3), "pair": number} for number in range(60)]
    small, large = share_of(rows, 0.1, 7), share_of(rows, 0.3, 7)
    assert (len(small), len(large)) == (6, 18)
    assert {row["pair"] for row in small} < {row["pair"] for row in large}
    assert share_of(rows, 1.0, 7) == rows


def test_a_table_gives_the_mean_and_the_spread_of_the_seeds() -> None:
    summaries = {"sft": {"auc": {"mean": 0.7, "low": 0.65, "high": 0.75}, "majority": {}}}
    assert bench.markdown(summaries) == (
        "| arm | auc |\n|---|---|\n| sft | 0.700 (0.650 to 0.750) |"
    )
