"""A sentence for people that can still be put into another language. Pure.

Services and pure modules refuse in English; a page puts the refusal into the reader's language
(annotation/people/language.py), while the API, logs and stored errors keep the English.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping


class Wording(str):
    """The English sentence, with the ``template`` and the ``values`` that it was made of."""

    template: str
    values: Mapping[str, object]


class Listing(str):
    """Words one after the other, with the ``parts`` that another language names each."""

    parts: tuple[str, ...]


def listing(parts: Iterable[str]) -> Listing:
    """``listing(("match", "related"))`` reads "match, related"; a value of a wording."""
    words = tuple(parts)
    made = Listing(", ".join(words))
    made.parts = words
    return made


def wording(template: str, **values: object) -> Wording:
    """``wording("at most %(n)s", n=3)``; imported as ``_``, so that gettext's tools find it."""
    made = Wording(template % values if values else template)
    made.template, made.values = template, values
    return made
