"""A policy of one's own catalogue: practice pairs, tokenizer, and the command, tiny."""

from __future__ import annotations

import json
import random
from itertools import islice
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from annotation.cot.rules import DEFAULT_RULES, parse_rules
from annotation.cot.steps import parse
from annotation.models import Pair
from lab.management.commands.policy_make import catalogue_of
from lab.own.config import OwnConfig
from lab.own.draw import Catalogue, draws, made_query, shop_of
from lab.own.lookups import Lookups
from lab.own.policy import policy_make, written
from lab.own.tokens import tokenizer_of
from tests.factories import make_pair, make_project
from training.job.prompts import PairText
from training.models import Checkpoint
from training.rl.policy.model import load_policy
from training.rollouts.catalogue.writer import quotes

PRODUCTS = [
    PairText("", "Oak Garden Bench 120 cm", "Garden > Benches", {"brand": "Holm"}),
    PairText("", "Steel Garden Rake", "Garden > Tools", {"brand": "Ferro"}),
    PairText("", "园艺剪刀", "园艺 > 工具", {"品牌": "绿手"}),
]
RULES = parse_rules(DEFAULT_RULES)


SHOP = shop_of(Catalogue(PRODUCTS, ["garden seat"]))


def test_queries_that_people_wrote_are_three_in_ten() -> None:
    pairs = list(islice(draws(SHOP, random.Random(0)), 300))
    assert {pair.title for pair in pairs} == {product.title for product in PRODUCTS}
    by_people = sum(pair.query == "garden seat" for pair in pairs)
    assert 58 < by_people < 122  # 0.3 of 300, four deviations wide


def test_products_have_all_words_of_a_query_or_one_or_are_any() -> None:
    rng = random.Random(0)
    titles = [SHOP.product("garden bench", rng).title for _ in range(800)]
    # 0.35 + 0.3 * (1/2 of "bench" and 1/4 of "garden") + 0.35 / 3
    assert abs(titles.count("Oak Garden Bench 120 cm") / 800 - 0.692) < 0.07
    assert 0.06 < titles.count("园艺剪刀") / 800 < 0.18  # 0.35 / 3


def test_usual_phrases_are_those_of_three_titles_or_more() -> None:
    hose = [*PRODUCTS, PairText("", "Garden Hose 20 m"), PairText("", "steel garden  rake 2")]
    assert sorted(shop_of(Catalogue(hose, [])).phrases) == ["garden"]
    again = [*hose, PairText("", "Small Steel Garden Rake")]
    phrases = shop_of(Catalogue(again, [])).phrases
    assert "steel garden rake" in phrases
    assert list(phrases) == sorted(phrases)  # equal seeds draw equally in every process


def test_without_a_title_there_is_nothing_to_practise_on() -> None:
    with pytest.raises(ValueError, match="no product has a title"):
        shop_of(Catalogue([PairText("", "--")], []))


@given(st.text(min_size=1).map(lambda text: f"a {text}"), st.integers(0, 50))
def test_a_made_query_is_one_line_of_the_products_own_words(title: str, seed: int) -> None:
    query = made_query(PairText("", title), random.Random(seed))
    assert query == " ".join(query.split())
    assert query
    assert query.lower() in " ".join(title.split()).lower()


def test_every_practice_text_is_a_five_step_cot_of_its_prompt() -> None:
    for prompt, cot in islice(written(SHOP, RULES, random.Random(1)), 100):
        assert prompt.startswith("query: ")
        assert len(parse(cot)) == 5


def test_a_practice_text_quotes_nothing_that_its_prompt_does_not_show() -> None:
    far = {f"name {number}": f"rake {number}" for number in range(12)}
    long = PairText("", "Rake", "", far, "word " * 40 + "bench")
    shop = shop_of(Catalogue([long], ["rake 11", "bench", "rake 3"]))
    texts = list(islice(written(shop, RULES, random.Random(1)), 60))
    assert any(quotes(cot) for _, cot in texts)
    for prompt, cot in texts:
        assert all(quote in prompt for quote in quotes(cot))


def test_lookups_count_what_is_judged_and_neither_product_nor_query() -> None:
    lookups = Lookups(SHOP, "2", 512, queries=3)
    for seed in range(20):
        ids, counts = lookups.example(TOKENIZER, random.Random(seed))
        judged = TOKENIZER.decode([i for i, on in zip(ids, counts, strict=True) if on])
        given = TOKENIZER.decode([i for i, on in zip(ids, counts, strict=True) if not on])
        assert given.startswith("title: ")
        assert given.count("query: ") == judged.count("category: ") == 3
        assert judged.count("attribute: ") >= 3
        assert "query: " not in judged
    short, _ = Lookups(SHOP, "2", 200).example(TOKENIZER, random.Random(0))
    assert len(short) <= 200


TOKENIZER = tokenizer_of(["## 1 query analysis\nwant: bench\n"] * 20, 300)
PLAIN = st.text(st.characters(codec="ascii") | st.sampled_from("园艺剪刀ä"), max_size=80)


@given(PLAIN)
def test_any_text_decodes_to_itself_in_small_letters(text: str) -> None:
    assert TOKENIZER.decode(TOKENIZER(text)["input_ids"]) == text.lower()


@given(st.text())
def test_what_was_decoded_once_stays_as_it_is(text: str) -> None:
    once = TOKENIZER.decode(TOKENIZER(text)["input_ids"])
    assert TOKENIZER.decode(TOKENIZER(once)["input_ids"]) == once


def test_a_word_is_the_same_token_wherever_it_stands() -> None:
    (bench,) = TOKENIZER(" bench")["input_ids"]
    for text in (
        "want: Bench",
        'a "bench"',
        "a\nbench: met",
        "(BENCH)",
        "a/bench",
        "oak-bench",
    ):
        assert bench in TOKENIZER(text)["input_ids"], text


@pytest.mark.rl
def test_the_folder_is_a_policy_and_equal_seeds_give_equal_weights(tmp_path: Path) -> None:
    config = OwnConfig(lookups=8, examples=32, width=32, vocabulary=400)
    for name in ("one", "two"):
        policy_make(Catalogue(PRODUCTS, ["bench"]), RULES, config, tmp_path / name, print)
    policy = load_policy(tmp_path / "one")
    assert policy.prompt(PRODUCTS[0]).startswith("query: ")
    one, two = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("one", "two"))
    assert one == two


@pytest.mark.django_db
def test_queries_of_the_validation_and_test_splits_are_not_practised_on() -> None:
    project = make_project()
    for split in ("train", "val", "test"):
        pair = make_pair(project)
        Pair.objects.filter(pk=pair.pk).update(query=f"query of {split}", split=split)
    catalogue = catalogue_of(project)
    assert catalogue["queries"] == ["query of train"]
    assert len(catalogue["products"]) == 3
    assert json.dumps(catalogue)


@pytest.mark.rl
@pytest.mark.django_db
def test_the_command_trains_and_registers_it(tmp_path: Path) -> None:
    project = make_project(slug="garden")
    make_pair(project)
    out = tmp_path / "own"
    call_command("policy_make", project="garden", out=out, lookups=8, examples=16, width=32)
    assert Checkpoint.objects.get(name="garden-own").path == str(out)
    assert Checkpoint.objects.get(name="garden-own").style == "bare"
    with pytest.raises(CommandError, match="is not empty"):
        call_command("policy_make", project="garden", out=out)
    with pytest.raises(CommandError, match="no project 'none'"):
        call_command("policy_make", project="none", out=out)
