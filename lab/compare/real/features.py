"""A pair as numbers: which of the query's words the product has, where, and how rare they are.
Pure, and without a model; a person reads each by its name."""

from __future__ import annotations

from collections.abc import Sequence

from lab.compare.real.shop import Shop, Words, keys, whole_text
from training.job.prompts import PairText
from training.rollouts.catalogue.lexicon import BRAND_NAMES
from training.rollouts.catalogue.quantities import bounds, quantities

_GRAM = 3


def pair_features(pair: PairText, shop: Shop) -> dict[str, float]:
    """The same names for every pair."""
    query, title = keys(pair.query), keys(pair.title)
    whole = keys(whole_text(pair))
    return {
        **_overlap(query, pair, shop),
        **_place(query, title),
        **_lengths(query, title, whole, pair),
        **_numbers(pair, title, whole),
        **_brand(query, pair, shop),
        "bm25_title": shop.bm25(query, title),
        "bm25_whole": shop.bm25(query, whole),
        "cosine_title": shop.cosine(query, title),
        "cosine_whole": shop.cosine(query, whole),
        **_letters(pair),
        "rarest_missing": max(
            (shop.idf(word) for word in query if word not in whole), default=0
        ),
    }


def _overlap(query: Words, pair: PairText, shop: Shop) -> dict[str, float]:
    """By field: the share of the query's words, the same by rarity, and whether it has all."""
    fields = {
        "title": keys(pair.title),
        "category": keys(pair.category_path),
        "names": keys(" ".join(pair.attributes)),
        "values": keys(" ".join(pair.attributes.values())),
        "description": keys(pair.description),
        "whole": keys(whole_text(pair)),
    }
    made: dict[str, float] = {}
    for name, text in fields.items():
        share = _share(query, text)
        made |= {
            f"{name}_share": share,
            f"{name}_rare_share": shop.share(query, text),
            f"{name}_all": float(share == 1),
        }
    return made


def _place(query: Words, title: Words) -> dict[str, float]:
    """The query's last word that is no number names the thing in most queries, and so does the
    title's last or first."""
    head = next((word for word in reversed(query) if not word[:1].isdigit()), "")
    length = max(1, len(title))
    places = [place for place, word in enumerate(title) if word in query]
    return {
        "head_in_title": float(head in title),
        "head_place": title.index(head) / length if head in title else -1.0,
        "first_place": places[0] / length if places else -1.0,
        "last_place": places[-1] / length if places else -1.0,
        "title_ends_in_query": float(title[-1:] != () and title[-1] in query),
        "title_begins_in_query": float(title[:1] != () and title[0] in query),
        "title_in_query": _share(title, query),
        "longest_run": _longest_run(query, title) / max(1, len(query)),
        "first_word": float(query[:1] != () and query[0] in title),
    }


def _lengths(query: Words, title: Words, whole: Words, pair: PairText) -> dict[str, float]:
    return {
        "query_words": float(len(query)),
        "title_words": float(len(title)),
        "product_words": float(len(whole)),
        "attributes": float(len(pair.attributes)),
        "missing_words": float(sum(word not in whole for word in query)),
    }


def _numbers(pair: PairText, title: Words, whole: Words) -> dict[str, float]:
    """Numbers by themselves, and quantities by their unit."""
    wanted = tuple(word for word in keys(pair.query) if word[:1].isdigit())
    offered = list(quantities(whole_text(pair)))
    asks = bounds(pair.query)
    met = [any(a.comparable(o) and a.satisfied(o) for o in offered) for a in asks]
    near = [any(a.comparable(o) for o in offered) for a in asks]
    return {
        "numbers": float(len(wanted)),
        "numbers_in_title": _share(wanted, title) if wanted else -1.0,
        "numbers_in_whole": _share(wanted, whole) if wanted else -1.0,
        "quantities_met": sum(met) / len(met) if met else -1.0,
        "quantities_other": float(sum(near) - sum(met)),
    }


def _brand(query: Words, pair: PairText, shop: Shop) -> dict[str, float]:
    own = next((keys(v) for k, v in pair.attributes.items() if k.casefold() in BRAND_NAMES), ())
    named = [brand for brand in shop.brands if _longest_run(brand, query) == len(brand) > 0]
    return {
        "names_a_brand": float(bool(named)),
        "names_its_brand": float(own in named),
        "names_another_brand": float(bool(named) and own not in named),
    }


def _letters(pair: PairText) -> dict[str, float]:
    """Parts of words: earphone is in earphones, and typing errors leave most of a word."""
    query, title = _grams(pair.query), _grams(pair.title)
    common = len(query & title)
    return {
        "letters_in_title": common / len(query) if query else 0.0,
        "letters_alike": common / len(query | title) if query | title else 0.0,
    }


def _grams(text: str) -> set[str]:
    plain = f" {' '.join(text.casefold().split())} "
    return {plain[at : at + _GRAM] for at in range(len(plain) - _GRAM + 1)}


def _share(wanted: Sequence[str], text: Sequence[str]) -> float:
    known = set(text)
    return sum(word in known for word in wanted) / len(wanted) if wanted else 0.0


def _longest_run(wanted: Words, text: Words) -> int:
    """Words of ``wanted`` that stand in ``text`` in the same order, side by side."""
    best = 0
    before = [0] * (len(text) + 1)
    for word in wanted:
        row = [0] * (len(text) + 1)
        for place, other in enumerate(text):
            if word == other:
                row[place + 1] = before[place] + 1
        best = max(best, *row)
        before = row
    return best
