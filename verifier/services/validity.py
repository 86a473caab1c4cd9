"""Whether a decision stands under the project's present guideline (annotation.cot.stale)."""

from __future__ import annotations

from annotation.cot.steps import StepKind
from annotation.labelling.answered import Decided, epoch_of
from annotation.models import Project
from verifier.truth import HUMAN_SOURCES

_CELL = (int(StepKind.CATEGORY), int(StepKind.ATTRIBUTE))


class Validity:
    """A tier's rule is that of its pair's category and attribute: tell those first."""

    def __init__(self, project: Project) -> None:
        self._epoch = epoch_of(project)
        self._values: dict[tuple[int, int], str] = {}

    def learn(self, pair: int, kind: int, value: str, source: str) -> None:
        """What people say of a pair, and what stands."""
        if kind in _CELL and source in HUMAN_SOURCES:
            self._values[pair, kind] = value

    def stands(self, pair: int, kind: int, value: str, version: int) -> bool:
        """``version`` of the guideline is the one that the decision was made under."""
        row = Decided(pair, kind, "", value, "", version)
        if not self._epoch.holds(row):
            return False
        category, attribute = (self._values.get((pair, each)) for each in _CELL)
        return kind != StepKind.FINAL or self._epoch.tier_holds(row, category, attribute)
