"""How an item is given back: the one table of skip reasons.

The dialog, the API, the export's ``how`` and docs/labelling.md read it; a new reason is one row
here and its line there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Effect(StrEnum):
    """What becomes of the item; the value is what the documents say of it."""

    OTHERS = "never comes to you again; you may take it back while nobody else has it"
    LATER = "comes to you again when nothing else is left"
    VOTE = "your one vote, in the place of labels, that it cannot be judged"
    DROP = "out of the queue for everybody"


@dataclass(frozen=True, slots=True)
class SkipReason:
    key: str  # what is stored and exported, at most 12 characters
    label: str | Promise
    effect: Effect
    wants_reason: bool = True
    leads_only: bool = False

    @property
    def documented(self) -> str:
        """Its line of the table in docs/labelling.md."""
        reason = "yes" if self.wants_reason else "no"
        who = "leads" if self.leads_only else "all"
        return f"| `{self.key}` | {self.effect} | {reason} | {who} |"


# In the order of their number keys; the first is chosen when the dialog opens.
SKIPS: list[SkipReason] = [
    SkipReason("to_others", _("Leave it to others"), Effect.OTHERS),
    SkipReason("to_me", _("Give it back to me later"), Effect.LATER, wants_reason=False),
    SkipReason("unrateable", _("It cannot be judged (broken product or query)"), Effect.VOTE),
    SkipReason("drop", _("Take it out of the queue"), Effect.DROP, leads_only=True),
]


def skip_keys(*effects: Effect) -> list[str]:
    """All keys, or those that have one of the effects."""
    return [row.key for row in SKIPS if not effects or row.effect in effects]


def skip_reason(key: str) -> SkipReason | None:
    return next((row for row in SKIPS if row.key == key), None)


def skips_for(*, lead: bool) -> list[SkipReason]:
    """What a person may choose from."""
    return [row for row in SKIPS if lead or not row.leads_only]
