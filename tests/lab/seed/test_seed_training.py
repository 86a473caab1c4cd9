"""The seed policy's training stages, on a model small enough for a few seconds."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, LlamaForCausalLM

from annotation.cot.splits import split_of
from annotation.cot.steps import StepKind
from lab.sample.drills import draw_train_query
from lab.sample.generate import generate
from lab.sample.lexicon import load_lexicon
from lab.sample.teacher import PERFECT
from lab.sample.trace import cot, true_reading
from lab.seed.pretrain import build_model, save
from lab.seed.seed_eval import correct_steps, mixed_share, report
from lab.seed.seed_tokenizer import build_tokenizer
from lab.seed.seed_training import SeedStage, train_stage

pytestmark = [pytest.mark.rl, pytest.mark.nightly]

TOKENIZER = build_tokenizer(load_lexicon())
PAIRS = generate(2, queries=6, products=150, pairs_a_query=3).pairs


def trained(stage: SeedStage, seed: int = 0) -> tuple[LlamaForCausalLM, list[str]]:
    torch.manual_seed(0)
    model, lines = build_model(TOKENIZER, width=32), list[str]()
    train_stage(model, TOKENIZER, load_lexicon(), stage, seed, lines.append)
    return model, lines


def test_the_loss_of_the_comparison_stage_falls() -> None:
    _, lines = trained(SeedStage("compare", 200, 8e-3, None, batch=2, warmup=5))
    losses = [float(re.findall(r"loss ([\d.]+)", line)[0]) for line in lines]
    assert len(losses) == 2
    assert losses[-1] < losses[0]


def test_equal_seeds_give_equal_weights() -> None:
    stage = SeedStage("correct", 24, 1e-3, PERFECT, batch=8, warmup=1)
    first, second, other = (trained(stage, seed)[0].state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_going_on_from_a_saved_stage_gives_the_weights_of_an_unbroken_run(
    tmp_path: Path,
) -> None:
    first = SeedStage("compare", 16, 1e-3, None, batch=8, warmup=1)
    second = SeedStage("correct", 16, 1e-3, PERFECT, batch=8, warmup=1)
    model, lines = trained(first)
    save(model, TOKENIZER, tmp_path, "1")
    resumed = LlamaForCausalLM.from_pretrained(tmp_path)
    for each in (model, resumed):
        train_stage(each, TOKENIZER, load_lexicon(), second, 1, lines.append)
    weights = resumed.state_dict()
    assert all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())


def test_a_stage_with_a_horizon_is_the_beginning_of_the_longer_one() -> None:
    whole = SeedStage("compare", 100, 1e-3, None, batch=1, warmup=1, muon=True)
    torch.manual_seed(0)
    model, halfway = build_model(TOKENIZER, width=32), list[dict[str, torch.Tensor]]()

    def look(_line: str) -> None:  # after every 50 updates
        halfway.append({name: value.clone() for name, value in model.state_dict().items()})

    train_stage(model, TOKENIZER, load_lexicon(), whole, 0, look)
    part = trained(replace(whole, examples=50, horizon=100))[0].state_dict()
    assert all(torch.equal(value, part[name]) for name, value in halfway[0].items())


def test_a_saved_policy_says_how_to_prompt_it_and_loads_again(tmp_path: Path) -> None:
    model = build_model(TOKENIZER, width=32)
    save(model, TOKENIZER, tmp_path, "1")
    card = json.loads((tmp_path / "stepwise.json").read_text("utf-8"))
    assert card == {"layout": "answer_last", "prompt_version": "1", "style": "bare"}
    loaded = AutoModelForCausalLM.from_pretrained(tmp_path)
    assert torch.equal(loaded.get_input_embeddings().weight, model.model.embed_tokens.weight)


def test_the_reference_answers_score_full_marks_and_silence_scores_none() -> None:
    right = [cot(p.query, p.product, true_reading(p.query, p.product)) for p in PAIRS]
    best = report(PAIRS, right)
    assert set(best.accuracy.values()) == {1.0}
    assert best.parse_rate == 1.0
    nothing = report(PAIRS, [""] * len(PAIRS))
    assert set(nothing.accuracy.values()) == {0.0}
    assert (nothing.parse_rate, nothing.macro_f1) == (0.0, 0.0)


def test_one_wrong_claim_costs_that_step_alone() -> None:
    pair = next(p for p in PAIRS if p.truth.tier == "1")
    text = cot(pair.query, pair.product, true_reading(pair.query, pair.product))
    assert correct_steps(pair, text.replace("tier: 1", "tier: 4")) == set(StepKind) - {
        StepKind.FINAL
    }


def test_a_prompt_is_mixed_when_some_samples_are_right_and_some_are_wrong() -> None:
    assert mixed_share([[True, False], [True, True], [False, False], [False, True]]) == 0.5


def test_training_never_sees_a_query_of_a_held_out_split() -> None:
    rng, lexicon = random.Random(1), load_lexicon()
    assert {split_of(draw_train_query(rng, lexicon).text) for _ in range(200)} == {"train"}
