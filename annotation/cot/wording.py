"""A sentence for people that can still be put into another language. Pure.

Services and pure modules refuse in English; a page puts the refusal into the reader's language
(annotation/people/language.py), while the API, logs and stored errors keep the English.
"""

from __future__ import annotations

from collections.abc import Mapping


class Wording(str):
    """The English sentence, with the ``template`` and the ``values`` that it was made of."""

    template: str
    values: Mapping[str, object]


def wording(template: str, **values: object) -> Wording:
    """``wording("at most %(n)s", n=3)``; imported as ``_``, so that gettext's tools find it."""
    made = Wording(template % values if values else template)
    made.template, made.values = template, values
    return made
