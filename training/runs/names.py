"""What is counted before a run, in words."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from annotation.models import StepLabel
from verifier.models import GroundTruth

_Source, _Verdict = GroundTruth.Source, StepLabel.Verdict
SOURCE_NAMES: Mapping[str, Promise] = {
    _Source.ADJUDICATED: _("adjudicated"),
    _Source.CONSENSUS: _("consensus"),
    _Source.GOLD: _("gold"),
    "implied": _("implied by the tier"),
    _Source.SILVER: _("silver"),
}
VERDICT_NAMES: Mapping[str, Promise] = {
    _Verdict.CORRECT: _("correct"),
    _Verdict.INCORRECT: _("incorrect"),
}


def counted(counts: Mapping[str, int], names: Mapping[str, Promise]) -> str:
    """``gold 3, silver 5``; "" for nothing."""
    return ", ".join(f"{names.get(name, name)} {n}" for name, n in counts.items())
