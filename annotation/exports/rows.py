"""What people said, as streams of plain records.

Every stream is one server-side cursor in order of id, so neither side holds the rows: memory
does not grow with the project.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
from django.db.models import (
    Exists,
    F,
    Func,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
)

from annotation.exports.formats import ExportFilter, Record
from annotation.exports.standing import covered, decided, reuses, standing
from annotation.models import (
    QueueItem,
    Resolution,
    Rollout,
    Step,
    StepLabel,
)

_CHUNK = 2000
_PAIR = {
    "pair_id": "{0}pair_id",
    "query": "{0}pair__query",
    "query_type": "{0}pair__query_type",
    "locale": "{0}pair__locale",
    "split": "{0}pair__split",
    "product_id": "{0}pair__product__external_id",
    "title": "{0}pair__product__title",
}
_ROLLOUT = {"rollout_id": "item__rollout_id", "policy": "item__rollout__policy"}
_CHANCE = {"selection": "item__selection", "probability": "item__probability"}
_TEXT = {
    "rollout_id": "pk",
    "query": "pair__query",
    "query_type": "pair__query_type",
    "locale": "pair__locale",
    "split": "pair__split",
    "product_id": "pair__product__external_id",
    "product_sha256": "pair__product__content_hash",
    "title": "pair__product__title",
    "category_path": "pair__product__category_path",
    "attributes": "pair__product__attributes",
    "description": "pair__product__description",
    "image_url": "pair__product__image_url",
}
_LABEL = {
    "label_id": "id",
    "item_id": "item_id",
    **_ROLLOUT,
    **{name: path.format("item__rollout__") for name, path in _PAIR.items()},
    "kind": "kind",
    "claimed": "claimed",
    "verdict": "verdict",
    "value": "value",
    "reason": "reason",
    "comment": "comment",
    "comment_start": "comment_start",
    "comment_end": "comment_end",
    "annotator": "annotator__username",
    "annotator_id": "annotator_id",
    "guideline_version": "guideline_version",
    "item_active_ms": "submission__assignment__active_ms",
    "hint_shown": "hint_shown",
    **_CHANCE,
    "created_at": "created_at",
}
_RESOLUTION = {
    "resolution_id": "id",
    "item_id": "item_id",
    **_ROLLOUT,
    **{name: path.format("item__rollout__") for name, path in _PAIR.items()},
    "kind": "kind",
    "claimed": "claimed",
    "verdict": "verdict",
    "value": "value",
    "source": "source",
    "n": "n",
    "agreement": "agreement",
    "cause": "cause",
    "decided_by": "decided_by__username",
    "decided_by_id": "decided_by_id",
    "guideline_version": "guideline_version",
    "step_sha256": "step_sha256",
    **_CHANCE,
    "created_at": "created_at",
}


def label_rows(chosen: ExportFilter) -> Iterator[Record]:
    """One record a valid label: submitted and not undone. Unmarked steps have none.
    ``item_active_ms`` is the time of the whole item, the same on each of its labels;
    ``annotator_id`` stays when the account is renamed."""
    yield from _stream(_labels(chosen), _LABEL)


def label_total(chosen: ExportFilter) -> int:
    return _labels(chosen).count()


def resolution_rows(chosen: ExportFilter) -> Iterator[Record]:
    """One record a decided step: the newest resolution of its item."""
    yield from _stream(_resolutions(chosen), _RESOLUTION)


def resolution_total(chosen: ExportFilter) -> int:
    return _resolutions(chosen).count()


def tier_rows(chosen: ExportFilter) -> Iterator[Record]:
    """``pair_id``, ``query``, ``product_id``, ``tier`` ("4".."1") of every pair whose tier
    people decided (the newest decision), ordered by query.

    A search tool knows a document by its id: of several snapshots of a product the newest one
    counts, and a product without an id has no row (:func:`tier_nameless`).
    """
    rows = _tiers(chosen).exclude(pair__product__external_id="")
    rows = rows.order_by("pair__query", "pair__product__external_id", "-pair_id")
    tiers = rows.values_list("pair_id", "pair__query", "pair__product__external_id", "value")
    known: tuple[str, str] | None = None
    for pair_id, query, product_id, tier in tiers.iterator(chunk_size=_CHUNK):
        if known == (query, product_id):
            continue
        known = (query, product_id)
        yield {"pair_id": pair_id, "query": query, "product_id": product_id, "tier": tier}


def tier_total(chosen: ExportFilter) -> int:
    return _tiers(chosen).count()


def tier_nameless(chosen: ExportFilter, most: int) -> tuple[int, list[str]]:
    """How many decided pairs have a product without an id, and the titles of the first."""
    rows = _tiers(chosen).filter(pair__product__external_id="").order_by("pk")
    return rows.count(), list(rows.values_list("pair__product__title", flat=True)[:most])


def rollout_rows(chosen: ExportFilter) -> Iterator[Record]:
    """Rollouts with at least one decided step, and those whose steps are all answered
    elsewhere: the columns of ``_TEXT``, ``step_rows`` in text order, ``decided`` (resolutions,
    what counts most last, ``own`` when made on this rollout) and ``marked`` (labels of step 4
    with attributes). A pair's rollouts follow each other."""
    stands = decided(chosen.project)
    fields = ("kind", "verdict", "value", "source", "n", "agreement", "guideline_version")
    marked = _valid().filter(item__rollout=OuterRef("pk"), kind=4).exclude(attributes=[])
    rows = _rollouts(chosen).annotate(
        decided=_rows(stands, own="own", **{f: f for f in fields}),
        marked=_rows(marked.order_by("pk"), attributes="attributes"),
    )
    wanted = ("decided", "marked")
    yield from _read(_with_steps(rows, *wanted), "step_rows", *wanted)


def rollout_total(chosen: ExportFilter) -> int:
    return _rollouts(chosen).count()


def labelled_total(chosen: ExportFilter) -> int:
    """Rollouts with at least one valid label; ``labelled_rows`` reads them."""
    return _labelled(chosen).count()


def _with_steps(rows: QuerySet[Rollout], *more: str) -> QuerySet[Any, Any]:
    """Steps, labels and decisions come as JSON that the database makes, because model instances
    of them take several times as long."""
    steps = Step.objects.filter(rollout=OuterRef("pk")).order_by("start")
    fields = {"step_id": "pk", "kind": "kind", "text": "text", "claimed": "value"}
    listed = rows.annotate(step_rows=_rows(steps, **fields, sha256="sha256"))
    columns = {name: F(path) for name, path in _TEXT.items()}
    ordered: QuerySet[Any, Any] = listed.order_by("pair_id", "pk")
    return ordered.values("text", "layout", "policy", "prompt_version", "parse_error",
                          "step_rows", "pair_id", *more, **columns)  # fmt: skip


class _Listed(Subquery):
    """The rows of a subquery as the text of one JSON list; null when there are none."""

    template = "(SELECT json_agg(_listed.row)::text FROM (%(subquery)s) _listed)"
    output_field = TextField()


def _rows(rows: QuerySet[Any], **columns: str) -> _Listed:
    """``columns``: key -> path of its value."""
    parts = [part for key, path in columns.items() for part in (Value(key), F(path))]
    row = Func(*parts, function="json_build_object", output_field=JSONField())
    return _Listed(rows.values(row=row))


def _read(rows: QuerySet[Any, Any], *listed: str) -> Iterator[Record]:
    """The columns ``listed`` become lists."""
    for row in rows.iterator(chunk_size=_CHUNK):
        for name in listed:
            row[name] = orjson.loads(row[name]) if row[name] else []
        yield row


def _valid() -> QuerySet[StepLabel]:
    """Not undone, and not an answer to gold, which checks a person and trains nothing."""
    labels = StepLabel.objects.filter(submission__undone_at=None)
    return labels.exclude(item__state=QueueItem.State.GOLD)


def _labels(chosen: ExportFilter) -> QuerySet[StepLabel]:
    return _in(_valid(), "item__rollout__", chosen)


def _resolutions(chosen: ExportFilter) -> QuerySet[Resolution]:
    newer = standing().filter(
        item=OuterRef("item"), kind=OuterRef("kind"), pk__gt=OuterRef("pk")
    )
    return _in(standing().filter(~Exists(newer)), "item__rollout__", chosen)


def _tiers(chosen: ExportFilter) -> QuerySet[Resolution]:
    """The newest decision of step 5 of every pair."""
    newest = standing().filter(pair=OuterRef("pair"), kind=5).exclude(value="").order_by("-pk")
    rows = _in(standing().filter(kind=5), "item__rollout__", chosen)
    return rows.filter(pk=Subquery(newest.values("pk")[:1]))


def _rollouts(chosen: ExportFilter) -> QuerySet[Rollout]:
    wanted = Q(Exists(standing().filter(item__rollout=OuterRef("pk"))))
    if reuses(chosen.project):
        wanted |= covered()
    return _in(Rollout.objects.filter(wanted), "", chosen)


def _labelled(chosen: ExportFilter) -> QuerySet[Rollout]:
    valid = _valid().filter(item__rollout=OuterRef("pk"))
    return _in(Rollout.objects.filter(Exists(valid)), "", chosen)


def _in(rows: QuerySet[Any], rollout: str, chosen: ExportFilter) -> QuerySet[Any]:
    """Narrow by the pair and rollout that ``rollout`` leads to."""
    wanted = Q(**{f"{rollout}pair__project": chosen.project})
    if chosen.split:
        wanted &= Q(**{f"{rollout}pair__split": chosen.split})
    if chosen.policy:
        wanted &= Q(**{f"{rollout}policy": chosen.policy})
    return rows.filter(wanted)


def _stream(rows: QuerySet[Any], columns: dict[str, str]) -> Iterator[Record]:
    claimed = Step.objects.filter(
        rollout=OuterRef("item__rollout"), kind=OuterRef("kind")
    ).values("value")[:1]
    named = rows.annotate(claimed=Subquery(claimed)).order_by("pk")
    names, paths = list(columns), list(columns.values())
    for row in named.values_list(*paths).iterator(chunk_size=_CHUNK):
        record = dict(zip(names, row, strict=True))
        record["created_at"] = record["created_at"].isoformat()
        yield record
