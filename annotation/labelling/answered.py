"""What people have decided about pairs and steps, as far as it still holds."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from django.db.models import Case, QuerySet, Value, When

from annotation.cot.rules import parse_rules
from annotation.cot.stale import Version, cell_changes, last_change_of_kinds
from annotation.cot.steps import OPEN_KINDS, STRUCTURED_KINDS
from annotation.labelling.asking import Answers, Question, question_of
from annotation.models import GuidelineVersion, Project, QueueItem, Resolution, StepLabel
from annotation.models.queue import LIVE_STATES

_DECIDED = (StepLabel.Verdict.CORRECT, StepLabel.Verdict.INCORRECT)
_CATEGORY, _ATTRIBUTE, _TIER = (int(kind) for kind in STRUCTURED_KINDS)


class Decided(NamedTuple):
    """One resolution."""

    pair: int
    kind: int
    verdict: str
    value: str
    sha256: str
    version: int  # of the guideline


class Epoch:
    """Which decisions the present guideline still bears out."""

    def __init__(self, versions: Iterable[Version], rules: str) -> None:
        versions = list(versions)
        self._rules = parse_rules(rules)
        self._kinds = last_change_of_kinds(versions)
        self._cells = {
            (change.number, change.category, change.attribute)
            for change in cell_changes(versions, self._rules)
        }
        self._versions = {number for number, _, _ in self._cells}

    def holds(self, row: Decided) -> bool:
        """Whether no later version says that it changed what the step means."""
        return row.version >= self._kinds.get(row.kind, 0)

    def tier_holds(self, row: Decided, category: str | None, attribute: str | None) -> bool:
        """Whether the rules give the same tier as then, or now the one that was decided; where
        the pair's cell is not known, the whole table has to be as it was."""
        if category is None or attribute is None:
            return row.version not in self._versions
        changed = (row.version, category, attribute) in self._cells
        return not changed or self._rules.tier_for(category, attribute) == row.value


def epoch_of(project: Project) -> Epoch:
    return Epoch(_versions(project), project.rules)


def answers_of(project: Project, pairs: Collection[int]) -> Answers:
    """What is decided of ``pairs``: an adjudicated answer before a consensus, then the newest.

    Nothing that is withdrawn, and nothing stale: see ``annotation.cot.stale``.
    """
    rows = _resolutions(pairs)
    older = any(row.version < project.guideline_version for row in rows)
    epoch = Epoch(_versions(project) if older else (), project.rules)
    answers: dict[Question, str] = {}
    # Tiers last: whether one holds depends on the pair's other two values.
    for row in sorted(rows, key=lambda row: row.kind):
        question = question_of(row.pair, row.kind, row.sha256)
        answer = _answer(row)
        if not answer or question in answers or not epoch.holds(row):
            continue
        if row.kind == _TIER and not epoch.tier_holds(
            row, answers.get((row.pair, _CATEGORY, "")), answers.get((row.pair, _ATTRIBUTE, ""))
        ):
            continue
        answers[question] = answer
    return answers


def waiting_of(pairs: Collection[int], *, by_text: bool) -> set[Question]:
    """The questions about ``pairs`` that are in the queue. ``by_text``: those about a value
    stand for their own text alone. A malformed rollout may be found unrateable, so it asks for
    itself."""
    rows = QueueItem.objects.filter(
        state__in=LIVE_STATES, rollout__pair__in=pairs, rollout__parse_error=""
    ).values_list("rollout__pair", "kinds", "rollout__steps__kind", "rollout__steps__sha256")
    return {
        (pair, kind, sha256) if by_text else question_of(pair, kind, sha256)
        for pair, kinds, kind, sha256 in rows
        if kind in kinds
    }


def _resolutions(pairs: Collection[int]) -> list[Decided]:
    adjudicated = Resolution.Source.ADJUDICATED
    rows: QuerySet[Resolution] = Resolution.objects.filter(
        pair__in=pairs, withdrawn_at=None
    ).order_by(Case(When(source=adjudicated, then=Value(0)), default=Value(1)), "-pk")
    fields = ("pair", "kind", "verdict", "value", "step_sha256", "guideline_version")
    return [Decided(*row) for row in rows.values_list(*fields)]


def _answer(row: Decided) -> str:
    if row.kind not in OPEN_KINDS:
        return row.value
    return row.verdict if row.sha256 and row.verdict in _DECIDED else ""


def _versions(project: Project) -> list[Version]:
    rows = GuidelineVersion.objects.filter(project=project)
    return [
        Version(number, parse_rules(rules), changed)
        for number, rules, changed in rows.values_list("number", "rules", "changed_kinds")
    ]
