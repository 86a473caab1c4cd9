"""Importing pairs: read, stage by COPY, then two INSERTs; memory stays constant."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from json.encoder import encode_basestring as quoted
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from annotation.errors import Invalid
from annotation.importers.files import row_total
from annotation.importers.rows import PairRow, Row
from annotation.importers.table import read_rows
from annotation.models import Project
from annotation.outbox import outbox_writing
from annotation.splits import SPLITS, split_of

Progress = Callable[[int, int | None], None]

KEPT_ERRORS = 100
_BATCH = 2000

_COLUMNS = (
    "line", "external_id", "product_hash", "title", "category_path", "attributes",
    "description", "image_url", "query", "query_type", "locale", "split", "pair_hash",
    "gold", "silver",
)  # fmt: skip

_CREATE = f"""
CREATE TEMPORARY TABLE import_staging (
    {", ".join(f"{c} {'bigint' if c == 'line' else 'text'}" for c in _COLUMNS)})
"""

_PRODUCTS = """
INSERT INTO annotation_product (project_id, external_id, content_hash, title, category_path,
    attributes, description, image_url)
SELECT DISTINCT ON (external_id, product_hash) %s, external_id, product_hash, title,
    category_path, attributes::jsonb, description, image_url
FROM import_staging ORDER BY external_id, product_hash, line
ON CONFLICT DO NOTHING
"""

_PAIRS = """
INSERT INTO annotation_pair (project_id, product_id, query, query_type, locale, split,
    content_hash, source, gold, silver, created_at)
SELECT %(project)s, p.id, s.query, s.query_type, s.locale, s.split, s.pair_hash, %(source)s,
    s.gold::jsonb, s.silver::jsonb, now()
FROM (SELECT DISTINCT ON (pair_hash) * FROM import_staging ORDER BY pair_hash, line) s
JOIN annotation_product p ON p.project_id = %(project)s AND p.external_id = s.external_id
    AND p.content_hash = s.product_hash
ORDER BY s.line
ON CONFLICT DO NOTHING
"""


@dataclass(slots=True)
class ImportReport:
    """What an import did. ``existing`` counts pairs that were there before or repeat in the
    file; ``errors`` are the first hundred as (line, message)."""

    read: int = 0
    created: int = 0
    existing: int = 0
    error_count: int = 0
    errors: list[tuple[int, str]] = field(default_factory=list)


class ImportRefused(Invalid):
    """All or nothing, and something was wrong: nothing was imported."""

    def __init__(self, report: ImportReport) -> None:
        line, message = report.errors[0]
        many = "1 bad row" if report.error_count == 1 else f"{report.error_count} bad rows"
        super().__init__(f"nothing was imported: {many}, the first in line {line}: {message}")
        self.report = report


def pairs_import(
    *,
    project: Project,
    path: Path,
    adapter: str = "native",
    skip_bad: bool = False,
    split: str | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> ImportReport:
    """Import a file; the same content again changes nothing.

    A pair is the same when query, query type, locale and product snapshot are; values that come
    with a pair already known are ignored. The split is ``split``, else the row's, else by query
    hash. ``progress`` gets (rows read, rows in all or None). ``options`` name further files.

    Raises:
        ImportRefused: bad rows and not ``skip_bad``.
        ImportFileError: the file as a whole cannot be read.
    """
    if split is not None and split not in SPLITS:
        raise Invalid(f"split must be one of {', '.join(SPLITS)}")
    report = ImportReport()
    rows = read_rows(path, adapter, **options)
    total = row_total(path) if path.is_file() else None
    with _staging():
        for batch in _batches(_good(rows, report)):
            _stage(batch, split)
            if progress:
                progress(report.read, total)
        if report.errors and not skip_bad:
            raise ImportRefused(report)
        report.created = _insert(project, path.name)
    report.existing = report.read - report.error_count - report.created
    if progress:
        progress(report.read, report.read)
    return report


def _good(rows: Iterable[Row], report: ImportReport) -> Iterator[PairRow]:
    for row in rows:
        report.read += 1
        if isinstance(row, PairRow):
            yield row
            continue
        report.error_count += 1
        if len(report.errors) < KEPT_ERRORS:
            report.errors.append((row.line, row.message))


def _batches(rows: Iterator[PairRow]) -> Iterator[list[PairRow]]:
    batch: list[PairRow] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


@contextmanager
def _staging() -> Iterator[None]:
    """A session's own table, outside of any transaction, so progress is visible meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.import_staging")
        cursor.execute(_CREATE)
    try:
        yield
    finally:
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("DROP TABLE IF EXISTS pg_temp.import_staging")


def _stage(batch: list[PairRow], split: str | None) -> None:
    columns = ", ".join(_COLUMNS)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY import_staging ({columns}) FROM STDIN") as copy,
    ):
        for row in batch:
            copy.write_row(_staged(row, split))


def _insert(project: Project, source: str) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        # Without statistics the planner may scan all existing products for a small file; to
        # sample the long texts as well would take a tenth of the import.
        cursor.execute("ANALYZE import_staging (line, pair_hash, external_id, product_hash)")
        outbox_writing("pairs")
        cursor.execute(_PRODUCTS, [project.pk])
        cursor.execute(_PAIRS, {"project": project.pk, "source": source[:200]})
        return int(cursor.rowcount)


def pair_hash(row: PairRow) -> str:
    """The ``content_hash`` of the pair that a row becomes."""
    return _pair_hash(row, _sha256(*_facts(row)))


def _pair_hash(row: PairRow, product_hash: str) -> str:
    return _sha256(row.query, row.query_type, row.locale, row.product_id, product_hash)


def _facts(row: PairRow) -> tuple[str, ...]:
    """What makes a product snapshot."""
    # As json.dumps would write it, which takes a third of the time of a row.
    pairs = [f"[{quoted(name)}, {quoted(value)}]" for name, value in row.attributes]
    attributes = f"[{', '.join(pairs)}]"
    return (row.title, row.category_path, attributes, row.description, row.image_url)


def _staged(row: PairRow, split: str | None) -> tuple[Any, ...]:
    facts = _facts(row)
    product_hash = _sha256(*facts)
    return (
        row.line,
        row.product_id,
        product_hash,
        *facts,
        row.query,
        row.query_type,
        row.locale,
        split or row.split or split_of(row.query),
        _pair_hash(row, product_hash),
        json.dumps(row.gold) if row.gold else "{}",
        json.dumps(row.silver) if row.silver else "{}",
    )


def _sha256(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
