"""*Implied*: what the rules table says of steps 3 and 4 where the tier is known. Pure.

It stands below what people or the import say of the step itself, and above silver, which is a
guess that knows nothing of the tier. It is derived whenever truth is frozen and stored nowhere
else, so that another tier or another table leaves nothing behind.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping

from annotation.cot.rules import Rules
from annotation.cot.steps import StepKind
from verifier.truth import STATED, Entry, Truth


def implied_truths(known: Mapping[StepKind, Truth], rules: Rules) -> dict[StepKind, Truth]:
    """Of one pair, what follows from its stated values; ``resolution`` is the tier's."""
    values = _stated(known)
    tier = known.get(StepKind.FINAL)
    return {
        kind: Truth(value, "implied", tier.resolution if tier else None)
        for kind, value in rules.implied(values).items()
    }


def with_implied(rows: Iterable[Entry], rules: Rules) -> list[Entry]:
    """The entries with what they imply. What was implied before is left out, and so is a silver
    value that the table rules out."""
    pairs: dict[str, dict[StepKind, Truth]] = defaultdict(dict)
    for pair, kind, truth in rows:
        if truth.source != "implied":
            pairs[pair][kind] = truth
    return [
        (pair, kind, truth)
        for pair, known in pairs.items()
        for kind, truth in completed(known, rules).items()
    ]


def implied_again(rows: Iterable[Entry], rules: Rules, pairs: Container[str]) -> list[Entry]:
    """:func:`with_implied` of these pairs, whose values changed; the others as they are."""
    kept: list[Entry] = []
    changed: list[Entry] = []
    for row in rows:
        (changed if row[0] in pairs else kept).append(row)
    return kept + with_implied(changed, rules)


def completed(known: Mapping[StepKind, Truth], rules: Rules) -> dict[StepKind, Truth]:
    """:func:`with_implied` of one pair."""
    left = rules.left_by(_stated(known))
    kept = {
        kind: truth
        for kind, truth in known.items()
        if truth.source in STATED or truth.value in left.get(kind, {truth.value})
    }
    return kept | implied_truths(known, rules)


def _stated(known: Mapping[StepKind, Truth]) -> dict[StepKind, str]:
    return {kind: truth.value for kind, truth in known.items() if truth.source in STATED}
