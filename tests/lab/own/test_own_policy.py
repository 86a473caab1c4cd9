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
from lab.own.draw import Catalogue, draws, made_query
from lab.own.policy import OwnConfig, policy_make, tokenizer_of, written
from tests.factories import make_pair, make_project
from training.job.prompts import PairText
from training.models import Checkpoint
from training.rl.policy.model import load_policy

PRODUCTS = [
    PairText("", "Oak Garden Bench 120 cm", "Garden > Benches", {"brand": "Holm"}),
    PairText("", "Steel Garden Rake", "Garden > Tools", {"brand": "Ferro"}),
    PairText("", "园艺剪刀", "园艺 > 工具", {"品牌": "绿手"}),
]
RULES = parse_rules(DEFAULT_RULES)


def test_a_product_meets_queries_that_people_wrote_and_words_of_products_near_it() -> None:
    catalogue = Catalogue(PRODUCTS, ["garden seat"])
    pairs = list(islice(draws(catalogue, random.Random(0)), 300))
    assert {pair.title for pair in pairs} == {product.title for product in PRODUCTS}
    written_by_people = sum(pair.query == "garden seat" for pair in pairs)
    assert 75 < written_by_people < 135  # 0.35 of 300, four deviations wide
    rakes = {pair.query for pair in pairs if pair.title == "Steel Garden Rake"}
    assert any("bench" in query for query in rakes)  # both are of the garden
    assert not any("剪" in query for query in rakes)  # they share no word


def test_without_a_title_there_is_nothing_to_practise_on() -> None:
    with pytest.raises(ValueError, match="no product has a title"):
        next(draws(Catalogue([PairText("", "--")], []), random.Random(0)))


@given(st.text(min_size=1).map(lambda text: f"a {text}"), st.integers(0, 50))
def test_a_made_query_is_one_line_of_the_products_own_words(title: str, seed: int) -> None:
    query = made_query(PairText("", title), random.Random(seed))
    assert query == " ".join(query.split())
    assert query
    assert query.lower() in " ".join(title.split()).lower()


def test_every_practice_text_is_a_five_step_cot_of_its_prompt() -> None:
    for prompt, cot in islice(written(Catalogue(PRODUCTS, []), RULES, random.Random(1)), 100):
        assert prompt.startswith("query: ")
        assert len(parse(cot)) == 5


@given(st.text())
def test_any_text_is_read_and_decodes_exactly(text: str) -> None:
    assert TOKENIZER.decode(TOKENIZER(text)["input_ids"]) == text


TOKENIZER = tokenizer_of(["## 1 query analysis\nwant: bench\n"] * 20, 300)


@pytest.mark.rl
def test_the_folder_is_a_policy_and_equal_seeds_give_equal_weights(tmp_path: Path) -> None:
    config = OwnConfig(examples=32, width=32, vocabulary=400)
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
    call_command("policy_make", project="garden", out=out, examples=16, width=32)
    assert Checkpoint.objects.get(name="garden-own").path == str(out)
    assert Checkpoint.objects.get(name="garden-own").style == "bare"
    with pytest.raises(CommandError, match="is not empty"):
        call_command("policy_make", project="garden", out=out)
    with pytest.raises(CommandError, match="no project 'none'"):
        call_command("policy_make", project="none", out=out)
