"""Why people differed, in a lead's words: the one table of adjudication causes.

The form, the API and docs/quality.md read it; a new cause is one row here and its line there.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Cause:
    key: str  # what is stored and exported, at most 32 characters
    label: str | Promise
    doc: str  # when to choose it, for docs/quality.md

    @property
    def documented(self) -> str:
        """Its line of the table in docs/quality.md."""
        return f"| `{self.key}` | {self.doc} |"


CAUSES: list[Cause] = [
    Cause("guideline_gap", _("guideline gap"), "the guideline says nothing or two things"),
    Cause("ambiguous_product", _("ambiguous product"), "the product's data do not tell"),
    Cause("annotator_error", _("annotator error"), "somebody overlooked something"),
    Cause("unclear_model_text", _("unclear model text"), "the step can be read in two ways"),
    Cause("other", _("other"), "none of these; the comment says what"),
]


def cause_keys() -> list[str]:
    return [cause.key for cause in CAUSES]


def cause_label(key: str) -> str | Promise:
    """A cause that is no longer in the table keeps its key."""
    return next((cause.label for cause in CAUSES if cause.key == key), key)
