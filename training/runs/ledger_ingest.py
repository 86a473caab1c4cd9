"""A run's ledger taken into the database: one row a group, the texts stay in the file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from django.db import transaction
from django.db.models import Max

from annotation.cot.steps import StepKind
from annotation.models import Pair
from training.job.checkpoints import checkpoint_update, newest_checkpoint
from training.job.folder import LEDGER
from training.job.ledger import LedgerLine, Placed, Row, ledger_read, ledger_rewind
from training.models import RewardGroup, TrainingRun
from training.models.ledger import SOURCES

_BATCH = 200


class LedgerIngest:
    """Reads a run's ledger while it grows; one object a launch, made before the trainer starts:
    both cut what the run will do again, so no row describes rewards that taught nothing."""

    def __init__(self, run: TrainingRun, folder: Path) -> None:
        self._run, self._path = run, folder / LEDGER
        done = checkpoint_update(newest_checkpoint(folder))
        left = ledger_rewind(self._path, done)
        rows = RewardGroup.objects.filter(run=run)
        rows.filter(text_offset__gte=left).delete()
        newest = rows.aggregate(newest=Max("text_offset"))["newest"]
        lines = ledger_read(self._path, newest) if newest is not None else iter(())
        self._offset = next((placed.end for placed in lines), 0)

    def take(self) -> int:
        """Store the lines written since the last call; returns how many rows that made. A call
        that the database broke off is done again by the next."""
        made, lines = 0, ledger_read(self._path, self._offset)
        while placed := list(islice(lines, _BATCH)):
            made += self._store(placed)
            self._offset = placed[-1].end
        return made

    @transaction.atomic
    def _store(self, placed: list[Placed]) -> int:
        wanted = {int(p.line.pair_id) for p in placed if p.line.pair_id.isdecimal()}
        known = set(
            Pair.objects.filter(project_id=self._run.project_id, pk__in=wanted)
            .select_for_update(of=("self",), no_key=True)
            .values_list("pk", flat=True)
        )
        rows = [
            self._row(each)
            for each in placed
            if each.line.pair_id.isdecimal() and int(each.line.pair_id) in known
        ]
        RewardGroup.objects.bulk_create(rows, ignore_conflicts=True)
        return len(rows)

    def _row(self, placed: Placed) -> RewardGroup:
        line = placed.line
        return RewardGroup(
            run=self._run,
            update=line.update,
            pair_id=int(line.pair_id),
            release_id=self._run.release_id,
            rewards=list(_numbers(line.rewards)),
            advantages=list(_numbers(line.advantages)),
            sources=[SOURCES.index(s or "") for row in line.sources for s in row],
            step_sha256=list(_hashes(line)),
            text_offset=placed.start,
        )


def _numbers(table: list[Row]) -> Iterator[float]:
    return (0.0 if value is None else value for row in table for value in row)


def _hashes(line: LedgerLine) -> Iterator[bytes]:
    """By rollout and step; b"" where a step cannot be read."""
    for place in line.which:
        for kind in StepKind:
            yield bytes.fromhex(line.steps[place][kind - 1] or "")
