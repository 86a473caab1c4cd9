"""Pulling what is true out of resolutions and imported values. Annotation never calls this."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from django.db import transaction
from django.utils import timezone

from annotation.cot.steps import OPEN_KINDS, STRUCTURED_KINDS, VALUES, StepKind
from annotation.deciding.select import (
    pair_values_after,
    resolutions_after,
    valued_pairs_after,
)
from annotation.models import Pair, PairValues, Project, Resolution, StepLabel
from verifier.models import GroundTruth, Watermark
from verifier.services.validity import Validity
from verifier.truth import SOURCES

_BATCH = 500
_DECIDED = (StepLabel.Verdict.CORRECT, StepLabel.Verdict.INCORRECT)
_Source = GroundTruth.Source
Outbox = Literal["pairs", "values", "resolutions"]
# The imported values first, so that on a first run people's word supersedes them.
_OUTBOXES: tuple[Outbox, ...] = ("pairs", "values", "resolutions")
# Higher is stronger.
_RANK = {str(source): rank for rank, source in enumerate(reversed(SOURCES))}


@dataclass(frozen=True, slots=True)
class _Fact:
    """One candidate; ``key`` says which current truth it competes with."""

    pair: Pair
    kind: int
    step_sha256: str
    value: str
    source: str
    resolution: Resolution | None = None

    @property
    def key(self) -> tuple[int, str, int]:
        if self.kind in OPEN_KINDS:
            return (self.pair.project_id, self.step_sha256, self.kind)
        return (self.pair.pk, "", self.kind)


def truth_refresh(*, project: Project | None = None) -> dict[str, int]:
    """Bring ground truth up to date; returns the rows added by source.

    Reads past three watermarks a project: new resolutions, new pairs with imported values, and
    values that came for known pairs.
    The stronger source wins (adjudicated, consensus, gold, silver); among equals the newer. Of
    two decisions of which one is stale by now the other wins: a lead's word under an old rule
    does not keep out what people say under the new one. A row that loses is kept as superseded.
    A repeated call adds nothing.
    """
    projects = Project.objects.order_by("pk") if project is None else [project]
    counts = {str(source): 0 for source in _Source}
    for each in projects:
        for outbox in _OUTBOXES:
            while _pull(each, outbox, counts):
                pass
    return counts


def truth_refresh_share(*, batches: int = 4) -> bool:
    """A bounded share of the same work: at most so many batches of each outbox.

    Returns whether something is left. What somebody else refreshes just now is left to them.
    """
    counts = {str(source): 0 for source in _Source}
    left = False
    for project in Project.objects.order_by("pk"):
        for outbox in _OUTBOXES:
            share = (_pull(project, outbox, counts, wait=False) for _ in range(batches))
            left |= all(share)
    return left


def mark_name(project_id: int, outbox: Outbox) -> str:
    """Of the row that says how far an outbox was read; its lock lets one reader in."""
    return f"truth:{project_id}:{outbox}"


@transaction.atomic
def _pull(
    project: Project, outbox: Outbox, counts: dict[str, int], *, wait: bool = True
) -> bool:
    """One batch; whether there may be more. The mark's lock lets one reader in at a time."""
    name = mark_name(project.pk, outbox)
    Watermark.objects.get_or_create(name=name)
    marks = Watermark.objects.select_for_update(skip_locked=not wait)
    mark = marks.filter(name=name).first()
    if mark is None:
        return False
    facts, reached, full = _read(project, outbox, mark.position)
    if facts:
        _keep(project, facts, counts)
    if reached != mark.position:
        mark.position = reached
        mark.save(update_fields=["position"])
    return full


def _read(project: Project, outbox: Outbox, position: int) -> tuple[list[_Fact], int, bool]:
    """What is new there, the next position, and whether there may be more."""
    if outbox == "resolutions":
        rows, reached = resolutions_after(position, _BATCH, project)
        return [f for row in rows for f in _resolved(row)], reached, len(rows) == _BATCH
    if outbox == "values":
        later, reached = pair_values_after(position, _BATCH, project)
        return [f for r in later for f in _imported(r.pair, r)], reached, len(later) == _BATCH
    pairs, reached = valued_pairs_after(position, _BATCH, project)
    return [f for pair in pairs for f in _imported(pair, pair)], reached, len(pairs) == _BATCH


def _imported(pair: Pair, told: Pair | PairValues) -> Iterator[_Fact]:
    for source, values in ((_Source.GOLD, told.gold), (_Source.SILVER, told.silver)):
        for kind in STRUCTURED_KINDS:
            value = str(values.get(str(int(kind)), ""))
            if value in VALUES[kind]:
                yield _Fact(pair, int(kind), "", value, source)


def _resolved(row: Resolution) -> Iterator[_Fact]:
    if row.withdrawn_at is not None:
        return
    if row.kind in OPEN_KINDS:
        if row.step_sha256 and row.verdict in _DECIDED:
            yield _Fact(row.pair, row.kind, row.step_sha256, row.verdict, row.source, row)
    elif row.value in VALUES[StepKind(row.kind)]:
        yield _Fact(row.pair, row.kind, "", row.value, row.source, row)


def _keep(project: Project, facts: list[_Fact], counts: dict[str, int]) -> None:
    current, withdrawn = _current(facts), _withdrawn(facts)
    beaten: list[int] = []
    added: dict[tuple[int, str, int], GroundTruth] = {}
    validity = _validity(project, current.values())
    for fact in facts:
        if not fact.resolution and (fact.key, fact.value, fact.source) in withdrawn:
            continue
        old = added.get(fact.key) or current.get(fact.key)
        if old is not None and (_is_old(fact, old) or _loses(fact, old, validity)):
            continue
        if old is not None and old.pk:
            beaten.append(old.pk)
        if fact.key in added:
            counts[added[fact.key].source] -= 1
        counts[fact.source] += 1
        added[fact.key] = _row(fact)
        validity.learn(fact.pair.pk, fact.kind, fact.value, fact.source)
    GroundTruth.objects.filter(pk__in=beaten).update(superseded_at=timezone.now())
    GroundTruth.objects.bulk_create(added.values())


def _validity(project: Project, current: Iterable[GroundTruth]) -> Validity:
    validity = Validity(project)
    for row in sorted(current, key=lambda row: row.kind):
        behind = row.resolution
        if behind and validity.stands(
            row.pair_id, row.kind, row.value, behind.guideline_version
        ):
            validity.learn(row.pair_id, row.kind, row.value, row.source)
    return validity


def _loses(fact: _Fact, old: GroundTruth, validity: Validity) -> bool:
    if fact.resolution is not None and old.resolution is not None:
        pair, versions = fact.pair.pk, (fact.resolution, old.resolution)
        new, present = (
            validity.stands(pair, fact.kind, each.value, each.guideline_version)
            for each in versions
        )
        if new != present:
            return present
    return _RANK[fact.source] < _RANK[old.source]


def _is_old(fact: _Fact, old: GroundTruth) -> bool:
    """A value that came later is with its pair as well."""
    return not fact.resolution and (fact.value, fact.source) == (old.value, old.source)


def _current(facts: list[_Fact]) -> dict[tuple[int, str, int], GroundTruth]:
    rows = GroundTruth.objects.filter(superseded_at=None).select_related("resolution")
    by_pair = rows.filter(pair__in={f.pair.pk for f in facts}, kind__gte=3)
    hashes = {f.step_sha256 for f in facts if f.step_sha256}
    by_step = rows.filter(step_sha256__in=hashes, kind__lte=2)
    current = {(row.pair_id, "", row.kind): row for row in by_pair}
    return current | {(row.project_id, row.step_sha256, row.kind): row for row in by_step}


def _withdrawn(facts: list[_Fact]) -> set[tuple[tuple[int, str, int], str, str]]:
    """Imported values that a lead took back; a decision carries that mark itself."""
    rows = GroundTruth.objects.filter(
        pair__in={f.pair.pk for f in facts if not f.resolution},
        resolution=None,
        withdrawn_at__isnull=False,
    )
    fields = rows.values_list("pair", "kind", "value", "source")
    return {((pair, "", kind), value, source) for pair, kind, value, source in fields}


def _row(fact: _Fact) -> GroundTruth:
    return GroundTruth(
        project_id=fact.pair.project_id,
        pair=fact.pair,
        kind=fact.kind,
        step_sha256=fact.step_sha256,
        value=fact.value,
        source=fact.source,
        resolution=fact.resolution,
    )
