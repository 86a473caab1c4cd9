"""Importing pairs: read and written by COPY batch by batch; memory stays constant."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from json.encoder import encode_basestring as quoted
from pathlib import Path
from typing import Any

from django.db import transaction

from annotation.errors import Invalid
from annotation.importers.files import row_total
from annotation.importers.rows import PairRow, RowError, Rows
from annotation.importers.table import read_rows
from annotation.models import Project
from annotation.outbox import outbox_writing
from annotation.read_ahead import read_ahead
from annotation.services.pair_copy import PairCopy, ReadyPair, ready_pair
from annotation.splits import SPLITS, split_of

Progress = Callable[[int, int | None], None]

KEPT_ERRORS = 100
_BATCH = 2000


@dataclass(slots=True)
class ImportReport:
    """What an import did. ``existing`` counts pairs that were there before or repeat in the
    file; ``errors`` are the first hundred as (line, message)."""

    read: int = 0
    created: int = 0
    existing: int = 0
    error_count: int = 0
    errors: list[tuple[int, str]] = field(default_factory=list)

    def refuse(self, row: RowError) -> None:
        self.error_count += 1
        if len(self.errors) < KEPT_ERRORS:
            self.errors.append((row.line, row.message))


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
    with transaction.atomic():
        copy = PairCopy(project, path.name)
        outbox_writing(project)
        for read, batch in read_ahead(_batches(rows, report, split)):
            if skip_bad or not report.errors:
                report.created += copy.write(batch)
            if progress:
                progress(read, total)
        if report.errors and not skip_bad:
            raise ImportRefused(report)
    report.existing = report.read - report.error_count - report.created
    if progress:
        progress(report.read, report.read)
    return report


def _batches(
    rows: Rows, report: ImportReport, split: str | None
) -> Iterator[tuple[int, list[ReadyPair]]]:
    """The good rows, with the number of all that were read up to them."""
    batch: list[ReadyPair] = []
    for row in rows:
        report.read += 1
        if isinstance(row, RowError):
            report.refuse(row)
            continue
        batch.append(_ready(row, split))
        if len(batch) == _BATCH:
            yield report.read, batch
            batch = []
    if batch:
        yield report.read, batch


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


def _ready(row: PairRow, split: str | None) -> ReadyPair:
    facts = _facts(row)
    product_hash = _sha256(*facts)
    return ready_pair(
        (row.product_id, product_hash, *facts),
        (
            _pair_hash(row, product_hash),
            row.query,
            row.query_type,
            row.locale,
            split or row.split or split_of(row.query),
            json.dumps(row.gold) if row.gold else "{}",
            json.dumps(row.silver) if row.silver else "{}",
        ),
    )


def _sha256(*parts: str) -> str:
    return sha256("\x1f".join(parts).encode()).hexdigest()
