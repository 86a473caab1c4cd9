"""Importing pairs: read and written batch by batch; memory stays constant."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from json.encoder import encode_basestring as quoted
from pathlib import Path
from typing import Any

from django.db import transaction

from annotation.cot.gold import answers_conflict
from annotation.cot.rules import Rules, parse_rules
from annotation.cot.storable import storable
from annotation.models import Project
from annotation.models.outbox import outbox_writing
from annotation.pairs.formats import SPLIT, Progress, format_named, read_rows
from annotation.pairs.known_values import known_values_keep
from annotation.pairs.query_splits import QuerySplits, SplitClash
from annotation.pairs.read_ahead import read_ahead
from annotation.pairs.readers.files import row_total
from annotation.pairs.readers.opening import file_look
from annotation.pairs.readers.rows import (  # fmt: skip
    VALUE_COLUMNS,
    ImportFileError,
    PairRow,
    RowError,
    Rows,
)
from annotation.pairs.report import ImportRefused, ImportReport
from annotation.pairs.staged import Staged, StagedPair

_BATCH = 2000


def pairs_import(
    *,
    project: Project,
    path: Path,
    adapter: str = "native",
    skip_bad: bool = False,
    split: str | None = None,
    unknown_as_attributes: bool = False,
    dry_run: bool = False,
    source: str = "",
    progress: Progress | None = None,
    **options: Any,
) -> ImportReport:
    """Import a file; the same content again changes nothing.

    A pair is the same when query, query type, locale and product snapshot are; values that come
    with a pair already known are added where it had none, those that differ are named. The
    split is ``split``, else the row's, else by query hash, and one for all rows of a query.
    ``unknown_as_attributes`` makes columns that nobody reads attributes of the product.
    ``dry_run`` does everything and keeps nothing. ``source`` is the file's name to remember.
    ``progress`` gets (rows read, rows in all or None). ``options`` are those that the format
    takes.

    Raises:
        ImportRefused: bad rows and not ``skip_bad``.
        ImportFileError: the file as a whole cannot be read, or has no rows.
        Invalid: a query would be in two splits.
    """
    if split:
        SPLIT.value_check(split)
    report, rules = ImportReport(), parse_rules(project.rules)
    columns = format_named(adapter).columns_for(
        as_attributes=unknown_as_attributes, options=options
    )
    rows = read_rows(path, adapter, columns=columns, **options)
    total = _begin(path, report)
    with transaction.atomic():
        staged = Staged(project, source or path.name)
        outbox_writing(project)
        ready = _Ready(rules, report, QuerySplits(project, split))
        for read, batch in read_ahead(ready.batches(rows)):
            if skip_bad or not report.errors:
                report.created += staged.write(batch)
                if any(row.gold != "{}" or row.silver != "{}" for row in batch):
                    known_values_keep(staged, rules, report)
            if progress:
                progress(read, total)
        if not report.read:
            raise ImportFileError(f"{path.name} has no rows: there is nothing to import")
        if report.errors and not skip_bad:
            raise ImportRefused(report)
        ready.splits.check()
        transaction.set_rollback(dry_run)
    report.existing = report.read - report.error_count - report.created
    report.unknown = [storable(name) for name in columns.unknown] if columns else []
    if progress:
        progress(report.read, report.read)
    return report


def _begin(path: Path, report: ImportReport) -> int | None:
    """Rows in all, where that is known before reading; an encoding of its own is told."""
    if not path.is_file():
        return None
    file = file_look(path)
    if encoding := file.encoding:
        report.notice(1, f"the file is {encoding.upper()} and was read as that, not UTF-8")
    return row_total(path, file)


class _Ready:
    """Rows as they are written."""

    def __init__(self, rules: Rules, report: ImportReport, splits: QuerySplits) -> None:
        self._rules, self._report, self.splits = rules, report, splits

    def batches(self, rows: Rows) -> Iterator[tuple[int, list[StagedPair]]]:
        """The good rows, with how many were read for them."""
        batch: list[StagedPair] = []
        for row in rows:
            self._report.read += 1
            if isinstance(row, RowError):
                self._report.refuse(row.line, row.message)
                continue
            try:
                split = self.splits.split(row)
            except SplitClash as clash:
                self._report.refuse(row.line, str(clash))
                continue
            if len(row.gold) == len(VALUE_COLUMNS):
                self._lint(row)
            batch.append(_staged(row, split))
            if len(batch) == _BATCH:
                yield self._report.read, batch
                batch = []
        if batch:
            yield self._report.read, batch

    def _lint(self, row: PairRow) -> None:
        if conflict := answers_conflict(row.gold, self._rules):
            row.gold = {}
            self._report.notice(row.line, f"{conflict}: its values were not made gold")


def pair_hash(row: PairRow) -> str:
    """The ``content_hash`` of the pair that a row becomes."""
    return _pair_hash(row, _sha256(*_facts(row)))


def _pair_hash(row: PairRow, product_hash: str) -> str:
    return _sha256(row.query, row.query_type, row.locale, row.product_id, product_hash)


def _facts(row: PairRow) -> tuple[str, str, str, str, str]:
    """What makes a product snapshot."""
    # As json.dumps would write it, which takes a third of the time of a row.
    pairs = [f"[{quoted(name)}, {quoted(value)}]" for name, value in row.attributes]
    attributes = f"[{', '.join(pairs)}]"
    return (row.title, row.category_path, attributes, row.description, row.image_url)


def _staged(row: PairRow, split: str) -> StagedPair:
    facts = _facts(row)
    product_hash = _sha256(*facts)
    return StagedPair(
        row.line,
        row.product_id,
        product_hash,
        *facts,
        _pair_hash(row, product_hash),
        row.query,
        row.query_type,
        row.locale,
        split,
        json.dumps(row.gold) if row.gold else "{}",
        json.dumps(row.silver) if row.silver else "{}",
    )


def _sha256(*parts: str) -> str:
    return sha256("\x1f".join(parts).encode()).hexdigest()
