"""How shoppers put what they want, by locale, and how fast they type."""

from __future__ import annotations

import random
from dataclasses import dataclass

TYPO_RATE, CAPITAL_RATE = 0.05, 0.2
_SHORTEST = 6  # letters of a word that is still read when two of them change places


@dataclass(frozen=True, slots=True)
class Phrases:
    negations: tuple[str, ...]
    joint: str  # between two negations
    questions: tuple[str, ...]  # {0} what is wanted, {1} the same with its article
    alternatives: tuple[str, ...]


PHRASES = {
    "en": Phrases(
        ("without {}", "not {}", "no {}", "anything but {}", "except {}"),
        " and ",
        (
            "Which {0} should I get?",
            "Do you sell {1}?",
            "Is there any {0} in stock?",
            "Can I order {1} online?",
            "Where do I find {1}?",
        ),
        (
            "alternative to {}",
            "instead of {}",
            "like {} but from another brand",
            "similar to {}, other brand",
        ),
    ),
    "zh": Phrases(
        ("不要{}", "非{}", "除了{}"),
        " ",
        ("有没有{0}？", "哪款{0}好？", "可以网购{0}吗？"),
        ("代替{}", "类似{} 其他品牌"),
    ),
}


def with_article(noun: str, type_name: str) -> str:
    """``noun`` with "a" or "an"; a type that is sold in twos or more takes none."""
    if type_name.endswith("s") and not type_name.endswith("ss"):
        return noun
    return f"{'an' if noun[0].lower() in 'aeio' else 'a'} {noun}"


def typed(rng: random.Random, text: str) -> str:
    """``text`` as it is typed: now and then with a capital, or with two letters swapped."""
    if rng.random() < CAPITAL_RATE:
        text = text[:1].upper() + text[1:]
    words = text.split(" ")
    long = [n for n, word in enumerate(words) if word.isalpha() and len(word) >= _SHORTEST]
    if long and rng.random() < TYPO_RATE:
        number = rng.choice(long)
        words[number] = _swapped(rng, words[number])
    return " ".join(words)


def _swapped(rng: random.Random, word: str) -> str:
    place = rng.randrange(1, len(word) - 2)
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
