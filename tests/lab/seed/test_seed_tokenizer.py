"""The seed policy's tokenizer: the words of its CoTs are whole, and every text survives."""

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
from lab.sample.trace import met_or_not
from lab.sample.world import Ask
from lab.seed.seed_tokenizer import build_tokenizer
from training.rl.policy.sample import DEFAULTS

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


def test_what_a_cot_compares_is_one_token_each() -> None:
    lexicon = load_lexicon()
    words = [*lexicon.types, *lexicon.departments]
    words += [brand for row in lexicon.departments.values() for brand in row.brands]
    words += [v for row in lexicon.attributes.values() for v in (*row.values, *row.limits)]
    assert [word for word in words if len(ids(f" {word}")) != 1] == []


def test_an_asked_value_and_a_stated_one_are_neighbours() -> None:
    line = met_or_not(Ask("capacity", "1.5 l"), "1.5 l")
    litres, unmet = ids(" 1.5 l"), ids(met_or_not(Ask("price", "under 20 EUR"), "59.90 EUR"))
    place = ids(line).index(litres[0])
    assert ids(line)[place : place + 2] == litres * 2
    assert unmet[2:4] == [*ids(" under 20 EUR"), *ids(" 59.90 EUR")]


def test_equal_lexicons_give_equal_tokenizers() -> None:
    other = build_tokenizer(load_lexicon()).backend_tokenizer
    assert other.to_str() == tokenizer().backend_tokenizer.to_str()


def test_every_drawn_example_fits_what_the_jobs_allow_a_cot() -> None:
    rng, lexicon = random.Random(8), load_lexicon()
    for _ in range(300):
        prompt, answer = draw_example(rng, lexicon, SEED_TEACHER)
        assert tokenizer().decode(ids(prompt + answer)) == prompt + answer
        assert len(ids(answer)) <= 152 < DEFAULTS["max_tokens"]


def test_the_saved_tokenizer_loads_by_its_folder_and_encodes_alike(tmp_path: Path) -> None:
    tokenizer().save_pretrained(tmp_path)
    loaded = AutoTokenizer.from_pretrained(tmp_path)
    text = "query: red boots\n## 1 query analysis\ntype: général\n"
    assert loaded(text)["input_ids"] == ids(text)
    assert loaded.eos_token_id != loaded.pad_token_id
    assert max(loaded.eos_token_id, loaded.pad_token_id) < len(loaded)
