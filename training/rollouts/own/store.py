"""Chains of thought out of a file as rollouts of a writer, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone

from annotation.cot.locks import LOCK, Lock
from annotation.labelling.rollouts import ELSEWHERE, NewCot, cots_record
from annotation.models import Pair, Project, Rollout
from annotation.models.outbox import outbox_writing
from annotation.pairs.formats import Progress, format_named
from annotation.pairs.readers import cots
from annotation.pairs.readers.cot_mapping import CotRow
from annotation.pairs.readers.fields import BadField
from annotation.pairs.readers.files import row_total
from annotation.pairs.readers.opening import file_look
from annotation.pairs.readers.rows import ImportFileError, RowError
from annotation.pairs.report import ImportRefused, ImportReport
from training.models import Checkpoint, RolloutBatch
from training.rollouts.batches import queued_or_why_not
from training.rollouts.own.matching import PairsOfRows
from training.rollouts.writers import own_writer

_BATCH = 500


def cots_import(
    *,
    project: Project,
    path: Path,
    adapter: str = "cots",
    skip_bad: bool = False,
    unknown_as_attributes: bool = False,
    dry_run: bool = False,
    source: str = "",
    progress: Progress | None = None,
    parts: str | None = None,
    writer: str = "",
    encoding: str = "",
) -> ImportReport:
    """Store the CoTs of a file as rollouts and queue those that parse; the same file again
    changes nothing. Called as :func:`annotation.pairs.write.pairs_import` is.

    A CoT is known when its writer has written the same text about the same pair. One that does
    not parse is kept; where less than half does, none is queued, as with any other writer.

    Raises:
        ImportRefused: bad rows and not ``skip_bad``.
        ImportFileError: the file as a whole cannot be read, or has no CoTs.
        Invalid: the writer's name is somebody else's.
    """
    format_named(adapter).columns_for(as_attributes=unknown_as_attributes)
    report = ImportReport()
    total = row_total(path, file_look(path)) if path.is_file() else None
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {LOCK}", [Lock.IMPORT, project.pk])
        outbox_writing(project)
        store = _Store(project, own_writer(writer), report)
        rows = _good(cots.read_rows(path, parts=parts, encoding=encoding), report)
        while batch := list(islice(rows, _BATCH)):
            store.write(batch)
            if progress:
                progress(report.read, total)
        if not report.read:
            raise ImportFileError(f"{path.name} has no rows: there is nothing to import")
        if report.errors and not skip_bad:
            raise ImportRefused(report)
        store.end(queue=not dry_run)
        transaction.set_rollback(dry_run)
    if progress:
        progress(report.read, report.read)
    return report


class _Store:
    def __init__(self, project: Project, writer: Checkpoint, report: ImportReport) -> None:
        self._project, self._writer, self._report = project, writer, report
        self._pairs: set[int] = set()  # those that have a new one
        self._most = 1  # CoTs of a pair
        for name in ("cots", "known", "not_parsed"):
            report.count(name, 0)

    def write(self, rows: Sequence[CotRow]) -> None:
        pairs = PairsOfRows(self._project, rows)
        matched = [(row, pair) for row in rows if (pair := self._pair(pairs, row))]
        known = self._known({pair.pk for _, pair in matched})
        new = []
        for row, pair in matched:
            text, layout = row.written(self._project.cot_layout)
            texts = known.setdefault(pair.pk, {})
            if (text, layout) in texts:
                self._report.count("known")
                continue
            index = max(texts.values(), default=-1) + 1
            texts[text, layout] = index
            new.append(NewCot(pair, text, layout, index))
        self._record(new)

    def end(self, *, queue: bool) -> None:
        """What came is the writer's newest request, as if it had been asked here."""
        report = self._report
        known, new = report.counts["known"], report.counts["cots"]
        if new and queue:
            batch = RolloutBatch.objects.create(
                project=self._project,
                policy=self._writer,
                pair_ids=sorted(self._pairs),
                n=self._most,
                temperature=0.0,
                top_k=0,
                max_tokens=0,
                rollouts_done=new,
                state=RolloutBatch.State.DONE,
                finished_at=timezone.now(),
            )
            batch.error = queued_or_why_not(batch)
            batch.save(update_fields=["error"])
            if batch.error:
                report.notice(0, batch.error)
        report.sentence = (
            f"{report.read} rows read, {new} chains of thought by {self._writer.name} stored, "
            f"{report.counts['not_parsed']} of them do not parse, {known} known already, "
            f"{report.error_count} bad rows"
        )

    def _pair(self, pairs: PairsOfRows, row: CotRow) -> Pair | None:
        try:
            pair, snapshots = pairs.pair(row)
        except BadField as error:
            self._report.refuse(row.line, str(error))
            return None
        if snapshots > 1:
            self._report.notice(
                row.line, f"of {snapshots} snapshots of the product the newest was taken"
            )
        return pair

    def _known(self, pairs: set[int]) -> dict[int, dict[tuple[str, str], int]]:
        """pair -> (text, layout) -> sample index of what the writer wrote."""
        known: dict[int, dict[tuple[str, str], int]] = {}
        rows = Rollout.objects.filter(pair__in=pairs, policy=self._writer.name, seed=0)
        for pair, *text, index in rows.values_list("pair", "text", "layout", "sample_index"):
            known.setdefault(pair, {})[text[0], text[1]] = index
        return known

    def _record(self, new: Sequence[NewCot]) -> None:
        rollouts = cots_record(cots=new, policy=self._writer.name, prompt_version=ELSEWHERE)
        for rollout in rollouts:
            self._pairs.add(rollout.pair_id)
            self._most = max(self._most, rollout.sample_index + 1)
            self._report.count("not_parsed", int(bool(rollout.parse_error)))
        self._report.count("cots", len(rollouts))


def _good(lines: Iterator[cots.CotLine], report: ImportReport) -> Iterator[CotRow]:
    for line in lines:
        report.read += 1
        if isinstance(line, RowError):
            report.refuse(line.line, line.message)
        elif isinstance(line, cots.PassedOver):
            report.notice(line.line, "no part of a chain of thought is in it: passed over")
        else:
            yield line
