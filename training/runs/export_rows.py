"""What the training formats add to what people said: RM scores and ground truth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import Any

from django.db.models import QuerySet

from annotation.exports.formats import ExportFilter
from annotation.models import Pair
from training.models import StepScore
from verifier.models import GroundTruth

Record = dict[str, Any]
_BATCH = 500


def with_scores(records: Iterable[Record]) -> Iterator[Record]:
    """Native records whose steps carry ``rm``: {"p", "version"} of the newest reward model that
    scored the step, else None."""
    rest = iter(records)
    while batch := list(islice(rest, _BATCH)):
        ids = [step["step_id"] for record in batch for step in record["steps"]]
        scores = StepScore.objects.filter(step__in=ids).order_by("pk")
        newest = {
            step: {"p": p, "version": name}
            for step, p, name in scores.values_list("step_id", "p", "rm__name")
        }
        for record in batch:
            steps = [step | {"rm": newest.get(step["step_id"])} for step in record["steps"]]
            yield record | {"steps": steps}


def truth_rows(chosen: ExportFilter) -> Iterator[tuple[Pair, dict[int, GroundTruth]]]:
    """Pairs with a current truth, silver left out, for at least one of the kinds 3-5."""
    truths = _truths(chosen).select_related("pair__product").order_by("pair_id", "kind")
    for _, rows in groupby(truths.iterator(chunk_size=2000), key=lambda row: row.pair_id):
        kinds = {row.kind: row for row in rows}
        yield next(iter(kinds.values())).pair, kinds


def truth_total(chosen: ExportFilter) -> int:
    return _truths(chosen).values("pair").distinct().count()


def _truths(chosen: ExportFilter) -> QuerySet[GroundTruth]:
    rows = GroundTruth.objects.filter(
        project=chosen.project, superseded_at=None, kind__gte=3
    ).exclude(source=GroundTruth.Source.SILVER)
    return rows.filter(pair__split=chosen.split) if chosen.split else rows
