"""The lines of labels.jsonl: what a release froze for reward models."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db.models import QuerySet

from annotation.cot.steps import OPEN_KINDS, StepKind
from annotation.deciding.select import verdicts_of
from annotation.models import Resolution, Rollout, Step
from training.rollouts.records import pair_record
from verifier.models import ReleaseRow, VerifierRelease
from verifier.truth import VERDICTS, parse_table

_BATCH = 200
_Own = dict[tuple[int, int], Resolution]  # (rollout, kind)
_Truths = dict[tuple[int, int, str], Resolution]  # (pair, kind, hash or "")


def label_rows(
    release: VerifierRelease, held_out: str, on_row: Callable[[], None]
) -> Iterator[dict[str, Any]]:
    """Well-formed rollouts with at least one verdict, the held-out split left out.

    A step's verdict is that of its own rollout unless the release holds another value: then
    the claim is compared with that, as the verifier does it. So is a step that people were not
    asked about because they had decided it before.
    """
    verdicts = _verdicts(release)
    rollouts = (
        Rollout.objects.filter(pk__in=verdicts.values("item__rollout"))
        .exclude(pair__split=held_out)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    for keys in _batches(list(rollouts)):
        own = _own(verdicts, keys)
        chosen = _rollouts(keys)
        truths = _truths(release, {rollout.pair_id for rollout in chosen})
        for rollout in chosen:
            on_row()
            if row := _row(rollout, own, truths):
                yield row


def _verdicts(release: VerifierRelease) -> QuerySet[Resolution]:
    """Those of the release; a release of truth.json version 1 froze none: the present ones."""
    if not parse_table(release.payload).labels:
        return verdicts_of(release.project)
    rows = release.rows.filter(is_label=True)
    return Resolution.objects.filter(pk__in=rows.values("resolution"))


def _batches(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    return (keys[start : start + _BATCH] for start in range(0, len(keys), _BATCH))


def _rollouts(keys: Sequence[int]) -> list[Rollout]:
    rows = Rollout.objects.filter(pk__in=keys).order_by("pk")
    return list(rows.select_related("pair__product").prefetch_related("steps"))


def _own(verdicts: QuerySet[Resolution], keys: Sequence[int]) -> _Own:
    rows = verdicts.filter(item__rollout__in=keys).select_related("item")
    return {(row.item.rollout_id, row.kind): row for row in rows}


def _truths(release: VerifierRelease, pairs: set[int]) -> _Truths:
    rows = ReleaseRow.objects.filter(
        release=release, pair__in=pairs, is_truth=True, resolution__isnull=False
    )
    return {
        (row.pair_id, row.kind, row.step_sha256): row.resolution
        for row in rows.select_related("resolution")
        if row.resolution is not None
    }


def _row(rollout: Rollout, own: _Own, truths: _Truths) -> dict[str, Any] | None:
    steps = sorted(rollout.steps.all(), key=lambda step: step.kind)
    labels = {}
    for step in steps:
        sha256 = step.sha256 if step.kind in OPEN_KINDS else ""
        truth = truths.get((rollout.pair_id, step.kind, sha256))
        if label := _label(step, own.get((rollout.pk, step.kind)), truth):
            labels[str(step.kind)] = label
    if not labels:
        return None
    return {
        **pair_record(rollout.pair),
        "rollout_id": str(rollout.pk),
        "steps": [step.text for step in steps],
        "verdicts": {kind: verdict for kind, (verdict, _) in labels.items()},
        "values": {kind: row.value for kind, (_, row) in labels.items() if row.value},
        "sources": {kind: row.source for kind, (_, row) in labels.items()},
        "resolutions": {kind: row.pk for kind, (_, row) in labels.items()},
    }


def _label(
    step: Step, own: Resolution | None, truth: Resolution | None
) -> tuple[str, Resolution] | None:
    """The verdict, and the decision that it rests on."""
    if StepKind(step.kind) in OPEN_KINDS:
        behind = truth or own
        return (behind.verdict, behind) if behind else None
    if truth is None or (own is not None and own.value == truth.value):
        return (own.verdict, own) if own else None
    return VERDICTS[step.value != truth.value], truth
