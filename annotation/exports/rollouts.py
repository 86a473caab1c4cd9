"""Every rollout as it was written, judged or not, as a stream of plain records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from annotation.exports.formats import ExportFilter, Record
from annotation.models import Rollout

_CHUNK = 2000
_PRODUCT = "pair__product__"
_COLUMNS = {
    "rollout_id": "id",
    "policy": "policy",
    "pair_id": "pair_id",
    "query": "pair__query",
    "query_type": "pair__query_type",
    "locale": "pair__locale",
    "split": "pair__split",
    "product_id": f"{_PRODUCT}external_id",
    "product_sha256": f"{_PRODUCT}content_hash",
    "title": f"{_PRODUCT}title",
    "prompt_version": "prompt_version",
    "seed": "seed",
    "sample_index": "sample_index",
    "temperature": "temperature",
    "finish": "finish",
    "layout": "layout",
    "parse_error": "parse_error",
    "text": "text",
    "created_at": "created_at",
}


def written_rows(chosen: ExportFilter) -> Iterator[Record]:
    """With all that finds its pair again by the pair's own key."""
    rows = _written(chosen).order_by("pk").values_list(*_COLUMNS.values())
    for row in rows.iterator(chunk_size=_CHUNK):
        record = dict(zip(_COLUMNS, row, strict=True))
        record["created_at"] = record["created_at"].isoformat()
        yield record


def written_total(chosen: ExportFilter) -> int:
    return _written(chosen).count()


def _written(chosen: ExportFilter) -> QuerySet[Rollout, Any]:
    rows = Rollout.objects.filter(pair__project=chosen.project)
    if chosen.split:
        rows = rows.filter(pair__split=chosen.split)
    if chosen.policy:
        rows = rows.filter(policy=chosen.policy)
    return rows
