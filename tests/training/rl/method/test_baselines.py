"""The bag of words, the cross-encoder, and SFT on the answer alone."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoModelForSequenceClassification

from annotation.cot.steps import StepKind
from tests.training.rl.tiny import make_run, make_samples
from training.job.config import RunConfig, parse_config
from training.job.data import read_samples
from training.job.files import read_finished_jsonl
from training.job.model_folder import model_facts
from training.job.prompts import PairText
from training.job.types import BadInput, Sample
from training.rl.measure.answers import answer_of, answer_text, known_answers
from training.rl.method.classifier import classifier_from
from training.rl.method.linear import BagOfWords, words_of
from training.rl.policy.model import Policy
from training.rl.policy.run_folder import Run
from training.rl.train import main
from verifier.truth import Truth, TruthTable

pytestmark = pytest.mark.rl


def test_an_answer_is_read_back_from_its_own_text_and_from_a_whole_chain_of_thought() -> None:
    assert answer_text("3") == "## 5 final judgment\ntier: 3\n"
    assert answer_of(answer_text("3")) == "3"
    assert answer_of("## 1 query analysis\nshoes\n" + answer_text("2")) == "2"
    assert answer_of("tier: 3\n") is None
    assert answer_of("## 5 final judgment\ntier: 9\n") is None


def run_of(samples: list[Sample], truths: TruthTable, policy: Any = None, **config: Any) -> Run:
    return Run(Path(), RunConfig(policy="p", **config), truths, samples, [], policy)


def test_the_release_decides_a_known_answer_and_silver_only_where_it_is_allowed() -> None:
    first, second, third = make_samples()[:3]
    first = replace(first, truth={StepKind.FINAL: Truth("4", "consensus")})
    second = replace(second, truth={}, silver={StepKind.FINAL: Truth("1", "silver")})
    third = replace(third, truth={})
    truths = TruthTable([(first.pair_id, StepKind.FINAL, Truth("2", "adjudicated"))])
    samples = [first, second, third]
    assert [tier for _, tier in known_answers(run_of(samples, truths))] == ["2", "1"]
    strict = run_of(samples, truths, use_silver=False)
    assert [tier for _, tier in known_answers(strict)] == ["2"]
    with pytest.raises(BadInput, match="no pair has a known tier"):
        known_answers(run_of([third], TruthTable([])))


def test_a_word_of_the_query_is_not_the_same_column_as_the_product_s() -> None:
    pair = PairText("red shoe", "Red Hat", "Wear > Hats", {"size": "M"}, "ignored")
    assert words_of(pair) == (
        "query:red query:shoe product:red product:hat product:wear product:> product:hats "
        "product:size product:m"
    )


def test_a_bag_of_words_tells_what_one_word_decides_and_refuses_a_single_tier() -> None:
    pairs = [PairText("a", title) for title in ("good red", "bad red", "good blue", "bad blue")]
    model = BagOfWords(pairs, ["4", "1", "4", "1"])
    assert model.tiers([PairText("a", "good green"), PairText("a", "bad")]) == ["4", "1"]
    with pytest.raises(BadInput, match="one tier"):
        BagOfWords(pairs, ["4"] * 4)


def test_a_classifier_starts_from_the_policy_s_backbone(policy: Policy) -> None:
    model: Any = classifier_from(policy)
    ours: Any = policy.model
    assert model.score.out_features == 4
    assert (model.base_model.norm.weight == ours.base_model.norm.weight).all()
    assert (model.base_model.embed_tokens.weight == ours.base_model.embed_tokens.weight).all()


@pytest.mark.parametrize("method", ["linear", "classifier"])
def test_a_baseline_leaves_the_report_and_the_predictions_that_every_method_leaves(
    tmp_path: Path, policy_dir: Path, samples: list[Sample], method: str
) -> None:
    folder = tmp_path / "run"
    make_run(folder, policy_dir, samples, method=method)
    assert main([str(folder)]) == 0
    report = json.loads((folder / "report.json").read_text())
    assert (report["method"], report["samples"]) == (method, {"train": 32})
    rows = read_finished_jsonl(folder / "predictions_after.jsonl")
    evaluated = read_samples(folder / "eval.jsonl")
    assert {row["pair_id"] for row in rows} == {sample.pair_id for sample in evaluated}
    assert all(row["text"] == answer_text(row["tier"]) for row in rows)
    body = json.loads((folder / "eval_after.json").read_text())
    assert body["parse_rate"] == 1.0
    assert sum(map(sum, body["confusion"])) == len(evaluated)
    assert not (folder / "eval_before.json").exists()


def test_a_classifier_can_be_read_back_and_names_its_classes(
    tmp_path: Path, policy_dir: Path, samples: list[Sample]
) -> None:
    folder = tmp_path / "run"
    make_run(folder, policy_dir, samples, method="classifier", threads=1)
    assert main([str(folder)]) == 0
    model = AutoModelForSequenceClassification.from_pretrained(folder / "model")
    assert model.config.id2label == {0: "4", 1: "3", 2: "2", 3: "1"}
    assert model_facts(folder / "model")["role"] == "classifier"


def test_answer_only_sft_teaches_the_policy_to_give_the_tier_and_nothing_else(
    tmp_path: Path, policy_dir: Path, samples: list[Sample]
) -> None:
    folder = tmp_path / "run"
    fit = {"epochs": 12.0, "batch_size": 8, "max_tokens": 256, "target": "answer",
           "learning_rate": 3e-3}  # fmt: skip
    make_run(folder, policy_dir, samples, method="sft", fit=fit)
    assert main([str(folder)]) == 0
    report = json.loads((folder / "report.json").read_text())
    assert report["samples"] == {"answers": 32}
    assert not (folder / "explored.jsonl").exists()  # the truth is enough
    rows = read_finished_jsonl(folder / "predictions_after.jsonl")
    assert {row["text"] for row in rows} <= {answer_text(tier) for tier in "4321"}
    assert all(row["tier"] is not None for row in rows)
    assert model_facts(folder / "model")["target"] == "answer"


def test_the_answer_is_a_target_of_sft_alone() -> None:
    parse_config('policy = "p"\nmethod = "sft"\n[fit]\ntarget = "answer"')
    with pytest.raises(BadInput, match="for method sft"):
        parse_config('policy = "p"\nmethod = "dpo"\n[fit]\ntarget = "answer"')
