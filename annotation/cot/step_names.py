"""What steps and their values are called on pages."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from annotation.cot.steps import StepKind

NAMES: dict[StepKind, Promise] = {
    StepKind.QUERY: _("Query analysis"),
    StepKind.ITEM: _("Item analysis"),
    StepKind.CATEGORY: _("Category match"),
    StepKind.ATTRIBUTE: _("Attribute match"),
    StepKind.FINAL: _("Final judgment"),
}
VALUE_NAMES: dict[str, Promise] = {
    "match": _("match"), "related": _("related"), "mismatch": _("mismatch"),
    "all": pgettext_lazy("attribute match", "all"), "partial": _("partial"),
    "none": pgettext_lazy("attribute match", "none"),
    "not_requested": _("not requested"),
    "4": _("4 Excellent"), "3": _("3 Related"), "2": _("2 Mismatch"), "1": _("1 Irrelevant"),
}  # fmt: skip
