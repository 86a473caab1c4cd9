"""Claims that were given back, as a stream of plain records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from annotation.exports.formats import ExportFilter, Record
from annotation.models import Assignment, QueueItem

_CHUNK = 2000
_PAIR = "item__rollout__pair__"
_COLUMNS = {
    "claim_id": "id",
    "item_id": "item_id",
    "rollout_id": "item__rollout_id",
    "policy": "item__rollout__policy",
    "pair_id": "item__rollout__pair_id",
    "query": f"{_PAIR}query",
    "query_type": f"{_PAIR}query_type",
    "locale": f"{_PAIR}locale",
    "split": f"{_PAIR}split",
    "product_id": f"{_PAIR}product__external_id",
    "title": f"{_PAIR}product__title",
    "how": "skip",
    "reason": "reason",
    "annotator": "annotator__username",
    "annotator_id": "annotator_id",
    "item_state": "item__state",
    "skipped_at": "skipped_at",
}


def skip_rows(chosen: ExportFilter) -> Iterator[Record]:
    """One record a claim that was given back: ``how``, ``reason``, who, and what became of the
    item. ``unrateable`` is a vote; what was taken back is left out."""
    rows = _skips(chosen).order_by("pk").values_list(*_COLUMNS.values())
    for row in rows.iterator(chunk_size=_CHUNK):
        record = dict(zip(_COLUMNS, row, strict=True))
        given_back = record["skipped_at"]
        record["skipped_at"] = given_back.isoformat() if given_back else ""
        yield record


def skip_total(chosen: ExportFilter) -> int:
    return _skips(chosen).count()


def _skips(chosen: ExportFilter) -> QuerySet[Assignment, Any]:
    rows = Assignment.objects.filter(item__project=chosen.project).exclude(skip="")
    if chosen.split:
        rows = rows.filter(item__rollout__pair__split=chosen.split)
    if chosen.policy:
        rows = rows.filter(item__rollout__policy=chosen.policy)
    return rows.exclude(item__reason=QueueItem.Reason.GOLD)
