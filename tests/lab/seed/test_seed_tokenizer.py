"""The seed policy's tokenizer: known words are one token, and every text survives."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from annotation.cot.steps import HEADINGS
from lab.sample.drills import draw_example
from lab.sample.lexicon import load_lexicon
from lab.sample.teacher import SEED_TEACHER
from lab.seed.seed_tokenizer import build_tokenizer

pytestmark = pytest.mark.rl


@cache
def tokenizer() -> PreTrainedTokenizerFast:
    return build_tokenizer(load_lexicon())


def ids(text: str) -> list[int]:
    return list(tokenizer()(text)["input_ids"])


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_text_decodes_to_itself(text: str) -> None:
    assert tokenizer().decode(ids(text)) == text


def test_a_heading_is_one_token() -> None:
    for heading in HEADINGS.values():
        assert len(ids(heading)) == 1


def test_a_value_is_the_same_single_token_in_prompt_and_trace() -> None:
    prompt, trace = ids("color: leather\n"), ids("material: not leather leather same unmet\n")
    leather = ids(" leather")
    assert len(leather) == 1
    assert prompt.count(leather[0]) == 1
    assert trace.count(leather[0]) == 2


def test_every_drawn_example_is_made_of_whole_words_and_stays_short() -> None:
    rng, lexicon = random.Random(8), load_lexicon()
    for _ in range(100):
        prompt, answer = draw_example(rng, lexicon, SEED_TEACHER)
        tokens = ids(prompt + answer)
        assert tokenizer().decode(tokens) == prompt + answer
        words = (prompt + answer).split()
        headings = sum(len(heading.split()) - 1 for heading in HEADINGS.values())
        newlines = (prompt + answer).count("\n")
        assert len(tokens) == len(words) - headings + newlines <= 220


def test_the_saved_tokenizer_loads_by_its_folder_and_encodes_alike(tmp_path: Path) -> None:
    tokenizer().save_pretrained(tmp_path)
    loaded = AutoTokenizer.from_pretrained(tmp_path)
    text = "query: red boots\n## 1 query analysis\ntype: général\n"
    assert loaded(text)["input_ids"] == ids(text)
    assert loaded.eos_token_id != loaded.pad_token_id
    assert max(loaded.eos_token_id, loaded.pad_token_id) < len(loaded)
