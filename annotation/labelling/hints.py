"""What the page says while somebody marks; only the rules table's words ask for something."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from annotation.cot.attributes import still_possible
from annotation.cot.rules import parse_rules
from annotation.cot.step_names import VALUE_NAMES


def attribute_hint(states: Sequence[str], *, chosen: str, claim: str) -> str:
    """What the rows of step 4 (``""``: not marked yet) say against the chosen value, or while
    none is chosen the claimed one; "" when nothing is."""
    value = chosen or claim
    possible = still_possible(states)
    if not value or not any(states) or value in possible:
        return ""
    name = VALUE_NAMES.get(value, value)
    if not chosen:
        text = _("The attributes marked so far contradict “%(value)s”, which the text claims.")
    elif all(states):
        (derived,) = possible
        text = _("The attributes give “%(derived)s”, you chose “%(value)s”.")
        return text % {"derived": VALUE_NAMES[derived], "value": name}
    else:
        text = _("The attributes marked so far contradict “%(value)s”, which you chose.")
    return text % {"value": name}


def rule_hints(rules: str, *, reason: bool) -> dict[str, tuple[str, str]]:
    """The rules table for the page: "category attribute" -> the tier, and what to say beside
    another one. ``reason``: the page lets people give one."""
    text = (
        _(
            "By the rules table, category “%(category)s” and attribute “%(attribute)s” give "
            "tier %(tier)s. Change a value, or give a reason:"
        )
        if reason
        else _(
            "By the rules table, category “%(category)s” and attribute “%(attribute)s” give "
            "tier %(tier)s."
        )
    )
    return {
        f"{c} {a}": (
            tier,
            text % {"category": VALUE_NAMES[c], "attribute": VALUE_NAMES[a], "tier": tier},
        )
        for (c, a), tier in parse_rules(rules).tiers.items()
    }
