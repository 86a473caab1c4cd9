"""The shipped weights load offline, fit the code that made them and are worth a start."""

from __future__ import annotations

from pathlib import Path

import pytest
from transformers import AutoModelForCausalLM, AutoTokenizer

from annotation.cot.steps import StepKind
from lab.sample.generate import generate
from lab.sample.lexicon import load_lexicon
from lab.seed.seed_eval import answers, report
from lab.seed.seed_tokenizer import build_tokenizer

pytestmark = pytest.mark.rl

FOLDER = Path(__file__).parents[3] / "training" / "seed_policy"


def test_the_shipped_folder_is_small() -> None:
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 10_000_000


def test_the_shipped_tokenizer_is_the_one_that_the_code_builds() -> None:
    shipped = AutoTokenizer.from_pretrained(FOLDER)
    assert shipped.get_vocab() == build_tokenizer(load_lexicon()).get_vocab()


def test_the_shipped_policy_beats_the_majority_rate_on_every_step_of_held_out_queries() -> None:
    tokenizer = AutoTokenizer.from_pretrained(FOLDER)
    model = AutoModelForCausalLM.from_pretrained(FOLDER)
    pairs = [pair for pair in generate().pairs if pair.split == "test"][::20]
    outcome = report(pairs, answers(model, tokenizer, pairs))
    assert outcome.parse_rate >= 0.97
    for kind in StepKind:
        assert outcome.accuracy[kind] > outcome.majority[kind] + 0.1
    assert outcome.accuracy[StepKind.FINAL] < 0.95, "nothing would be left to verify"
