"""The sample as files, and the truth that simulated people hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from annotation.cot.splits import SPLITS
from annotation.cot.steps import StepKind
from lab.sample.generate import GeneratedShop, generate
from lab.sample.writers import held_truth, write_pairs_jsonl
from lab.simulate.judge import NoisyJudge

GOLD = {"category_match", "attribute_match", "tier"}


@pytest.fixture(scope="module")
def sample() -> GeneratedShop:
    return generate(1, queries=40, products=300, pairs_a_query=4)


def written(sample: GeneratedShop, path: Path, splits: set[Any]) -> list[dict[str, Any]]:
    assert write_pairs_jsonl(sample, path, splits) == len(sample.pairs)
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_gold_columns_are_written_for_the_named_splits_alone(
    sample: GeneratedShop, tmp_path: Path
) -> None:
    rows = written(sample, tmp_path / "pairs.jsonl", {"train"})
    assert {row["split"] for row in rows} == set(SPLITS)
    assert all((row.keys() >= GOLD) == (row["split"] == "train") for row in rows)
    assert not any(row.keys() & GOLD for row in rows if row["split"] != "train")


def test_a_row_has_the_fields_of_a_pair_record(sample: GeneratedShop, tmp_path: Path) -> None:
    row = written(sample, tmp_path / "pairs.jsonl", set())[0]
    assert list(row) == [
        "query", "query_type", "locale", "product_id", "title", "category_path",
        "attributes", "description", "image_url", "split",
    ]  # fmt: skip
    assert row["attributes"] == sample.pairs[0].product.shown
    assert row["locale"] == sample.pairs[0].query.locale


def test_an_unknown_split_is_refused_before_anything_is_written(
    sample: GeneratedShop, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="unknown split 'dev'"):
        written(sample, tmp_path / "pairs.jsonl", {"dev"})
    assert not (tmp_path / "pairs.jsonl").exists()


def test_a_judge_with_the_held_truth_accepts_every_reference_step(
    sample: GeneratedShop,
) -> None:
    truths, judge = held_truth(sample), NoisyJudge(0.0, seed=0)
    for pair in sample.pairs:
        mine = truths[pair.query.text, pair.product.product_id]
        for kind, body in pair.bodies.items():
            answer = judge.answer(kind, body, mine.values.get(kind, ""), mine)
            assert answer.verdict == "correct"


def test_a_judge_refuses_a_query_analysis_that_overlooks_a_wish(sample: GeneratedShop) -> None:
    pair = next(p for p in sample.pairs if p.query.asks)
    mine = held_truth(sample)[pair.query.text, pair.product.product_id]
    short = pair.bodies[StepKind.QUERY].rsplit("\n", 1)[0]
    answer = NoisyJudge(0.0, seed=0).answer(StepKind.QUERY, short, "", mine)
    assert answer.verdict == "incorrect"
