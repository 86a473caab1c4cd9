"""Rollouts into the queue, many at once, without what is answered or asked already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction

from annotation.cot.draws import is_drawn
from annotation.cot.errors import Invalid
from annotation.cot.readings import most_frequent
from annotation.cot.steps import StepKind
from annotation.cot.wording import wording as _
from annotation.labelling.answered import answers_of, waiting_of
from annotation.labelling.asking import (
    Answers,
    Asking,
    Question,
    answered,
    questions,
    still_to_ask,
)
from annotation.labelling.items import default_kinds
from annotation.models import Project, QueueItem, Rollout, Round, Step
from annotation.models.queue import LIVE_STATES

AUDIT_DRAW = "audit"  # ``QueueItem.selection`` of a reused answer that chance asks again
_PRIORITY = {QueueItem.Reason.DISAGREEMENT: 100, QueueItem.Reason.AUDIT: 50}
_ASKED_ANYWAY = frozenset(
    {
        QueueItem.Reason.AUDIT,
        QueueItem.Reason.DISAGREEMENT,
        QueueItem.Reason.STALE,
        QueueItem.Reason.GOLD,
    }
)
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Wanted:
    """How people are to be asked; ``kinds`` None is all five steps, for a malformed rollout the
    readable ones and 3-5. ``anyway``: whatever is known already."""

    reason: str | None = None
    priority: int = 0
    overlap: int | None = None
    kinds: Sequence[int] | None = None
    note: str = ""
    round: Round | None = None
    anyway: bool = False


@dataclass(slots=True)
class Opened:
    """What became of the rollouts. ``items`` are live, in the order of the rollouts, those that
    were in the queue before among them; ``covered`` have no question left."""

    items: list[QueueItem] = field(default_factory=list)
    opened: int = 0
    covered: int = 0
    audits: int = 0  # of the opened: chance asks a decided answer again


@transaction.atomic
def rollouts_open(*, rollouts: Sequence[Rollout], wanted: Wanted) -> Opened:
    """Ask people about rollouts, pair and project loaded; in a handful of queries for all.

    Left out is what is decided (``answered``) and what an item of the queue, or an earlier
    rollout of ``rollouts``, asks already. Nothing left: the rollout is covered and has no item.
    Of those with a decided step a project's ``reuse_audit_percent`` are asked all the same.
    A live item keeps its place unless the new priority is higher.

    Raises:
        Invalid: no kind, an unknown one, or an overlap outside the project's limits.
    """
    by_project: dict[int, list[Rollout]] = defaultdict(list)
    for rollout in rollouts:
        by_project[rollout.pair.project_id].append(rollout)
    items: dict[int, QueueItem] = {}
    result = Opened()
    for group in by_project.values():
        project = group[0].pair.project
        _check(project, wanted)
        new = _Opening(project, wanted, result).items(group)
        QueueItem.objects.bulk_create(new, batch_size=_BATCH, ignore_conflicts=True)
        items |= _live(group)
    _raise(items.values(), wanted)
    for rollout in rollouts:
        if item := items.get(rollout.pk):
            item.rollout = rollout
            result.items.append(item)
    return result


class _Opening:
    """The new items of one project."""

    def __init__(self, project: Project, wanted: Wanted, result: Opened) -> None:
        self._project, self._wanted, self._result = project, wanted, result
        self._by_text = project.first_error_only
        self._anyway = (
            wanted.anyway or not project.reuse or (wanted.reason or "") in _ASKED_ANYWAY
        )

    def items(self, rollouts: Sequence[Rollout]) -> list[QueueItem]:
        live = _live(rollouts)
        unasked = {rollout.pk: rollout for rollout in rollouts if rollout.pk not in live}
        askings = _askings(unasked.values(), self._wanted.kinds)
        pairs = {rollout.pair_id for rollout in unasked.values()}
        if self._anyway or not pairs:
            self._result.opened += len(unasked)
            return [self._item(rollout, askings[pk].kinds) for pk, rollout in unasked.items()]
        answers = answers_of(self._project, pairs)
        waiting = waiting_of(pairs, by_text=self._by_text)
        made = []
        for pk in _shown_first(askings):
            rollout = unasked[pk]
            item = self._reduced(rollout, askings[pk], answers, waiting)
            self._result.covered += item is None
            if item is None:
                continue
            made.append(item)
            if not rollout.parse_error:
                waiting |= questions(askings[pk], item.kinds, first_error_only=self._by_text)
        self._result.opened += len(made)
        return made

    def _reduced(
        self,
        rollout: Rollout,
        asking: Asking,
        answers: Answers,
        waiting: set[Question],
    ) -> QueueItem | None:
        percent = self._project.reuse_audit_percent
        if answered(asking, answers) and is_drawn("reuse", rollout.pk, percent):
            self._result.audits += 1
            return self._item(rollout, asking.kinds, audit=percent / 100)
        kinds = still_to_ask(asking, answers, waiting, first_error_only=self._by_text)
        return self._item(rollout, kinds) if kinds else None

    def _item(
        self, rollout: Rollout, kinds: Sequence[int], audit: float | None = None
    ) -> QueueItem:
        wanted, project = self._wanted, self._project
        reasons = QueueItem.Reason
        fallback = reasons.MALFORMED if rollout.parse_error else reasons.NEW
        why = reasons.AUDIT if audit else reasons(wanted.reason or fallback)
        return QueueItem(
            project=project,
            rollout=rollout,
            reason=why,
            # An audit by chance waits like any other item.
            priority=_rank(wanted),
            overlap=project.overlap if wanted.overlap is None else wanted.overlap,
            kinds=list(kinds),
            note=wanted.note,
            round=wanted.round,
            state=QueueItem.State.OPEN,
            selection=AUDIT_DRAW if audit else "",
            probability=audit,
        )


def _shown_first(askings: Mapping[int, Asking]) -> list[int]:
    """The rollouts, but of each pair that one first whose claims most others make too: it is
    shown with the question about the pair's values."""
    by_pair: dict[int, list[int]] = defaultdict(list)
    for pk, asking in askings.items():
        by_pair[asking.pair].append(pk)
    ordered = []
    for pks in by_pair.values():
        shown = pks.pop(most_frequent([askings[pk].claims for pk in pks]))
        ordered += [shown, *pks]
    return ordered


def _check(project: Project, wanted: Wanted) -> None:
    known = {int(kind) for kind in StepKind}
    if wanted.kinds is not None and (not wanted.kinds or not set(wanted.kinds) <= known):
        raise Invalid(_("kinds must be step numbers 1 to 5"))
    people = project.overlap if wanted.overlap is None else wanted.overlap
    if not 1 <= people <= project.max_overlap:
        raise Invalid(_("overlap must be between 1 and %(n)s", n=project.max_overlap))


def _rank(wanted: Wanted) -> int:
    reason = QueueItem.Reason(wanted.reason) if wanted.reason else QueueItem.Reason.NEW
    return max(wanted.priority, _PRIORITY.get(reason, 0))


def _raise(items: Iterable[QueueItem], wanted: Wanted) -> None:
    rank = _rank(wanted)
    lower = [item for item in items if item.priority < rank]
    for item in lower:
        item.priority = rank
    QueueItem.objects.bulk_update(lower, ["priority"], batch_size=_BATCH)


def _live(rollouts: Sequence[Rollout]) -> dict[int, QueueItem]:
    rows = QueueItem.objects.filter(
        rollout__in=[rollout.pk for rollout in rollouts], state__in=LIVE_STATES
    )
    return {item.rollout_id: item for item in rows.select_related("project")}


def _askings(rollouts: Iterable[Rollout], kinds: Sequence[int] | None) -> dict[int, Asking]:
    steps: dict[int, dict[int, tuple[str, str]]] = {rollout.pk: {} for rollout in rollouts}
    rows = Step.objects.filter(rollout__in=list(steps)).order_by()
    for rollout, kind, sha256, value in rows.values_list("rollout", "kind", "sha256", "value"):
        steps[rollout][kind] = (sha256, value)
    return {
        rollout.pk: Asking(
            pair=rollout.pair_id,
            kinds=sorted(default_kinds(rollout, own) if kinds is None else set(kinds)),
            hashes={kind: sha256 for kind, (sha256, _) in own.items()},
            claims={kind: value for kind, (_, value) in own.items() if value},
        )
        for rollout in rollouts
        for own in [steps[rollout.pk]]
    }
