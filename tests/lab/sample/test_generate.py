"""The shipped sample: its size, its balance and that it asks for more than words."""

from __future__ import annotations

from collections import Counter

import pytest

from annotation.cot.rules import DEFAULT_RULES, parse_rules
from annotation.cot.splits import normal_query
from lab.sample.generate import GeneratedShop, generate
from lab.sample.lexicon import load_lexicon
from lab.sample.world import truth_of


@pytest.fixture(scope="module")
def sample() -> GeneratedShop:
    return generate()


def test_one_seed_gives_one_sample_and_another_seed_another() -> None:
    small = {"queries": 5, "products": 100, "pairs_a_query": 4}
    assert generate(3, **small) == generate(3, **small)
    assert generate(3, **small).pairs != generate(4, **small).pairs


def test_the_sample_has_the_promised_size(sample: GeneratedShop) -> None:
    assert len(load_lexicon().departments) >= 12
    assert len(sample.queries) == 400
    assert len(sample.products) == 3000
    assert len({p.product_id for p in sample.products}) == 3000
    assert 4000 <= len(sample.pairs) <= 4800


def test_no_query_text_and_no_pair_comes_twice(sample: GeneratedShop) -> None:
    assert len({normal_query(query.text) for query in sample.queries}) == len(sample.queries)
    keys = {(pair.query.text, pair.product.product_id) for pair in sample.pairs}
    assert len(keys) == len(sample.pairs)


def test_every_query_type_has_a_tenth_of_the_queries(sample: GeneratedShop) -> None:
    counts = Counter(query.query_type for query in sample.queries)
    assert set(counts) == {"general", "negation", "alternatives", "qa", "knowledge"}
    assert min(counts.values()) >= 40


def test_every_tier_has_a_sixth_of_the_pairs_in_every_split(sample: GeneratedShop) -> None:
    for split in ("train", "val", "test"):
        counts = Counter(pair.truth.tier for pair in sample.pairs if pair.split == split)
        assert set(counts) == {"1", "2", "3", "4"}
        assert min(counts.values()) * 6 >= sum(counts.values())


def test_the_splits_are_near_their_shares(sample: GeneratedShop) -> None:
    counts = Counter(pair.split for pair in sample.pairs)
    shares = {split: count / len(sample.pairs) for split, count in counts.items()}
    assert shares == pytest.approx({"train": 0.65, "val": 0.10, "test": 0.25}, abs=0.05)


def test_every_truth_follows_from_the_pair_and_the_default_rules(sample: GeneratedShop) -> None:
    rules = parse_rules(DEFAULT_RULES)
    for pair in sample.pairs[::7]:
        truth = pair.truth
        assert truth == truth_of(pair.query, pair.product)
        assert rules.tier_for(truth.category, truth.attribute) == truth.tier


@pytest.mark.rl
def test_a_bag_of_words_stays_under_three_quarters_macro_f1(sample: GeneratedShop) -> None:
    from lab.seed.bow_baseline import bow_macro_f1

    assert 0.0 < bow_macro_f1(sample) < 0.75
