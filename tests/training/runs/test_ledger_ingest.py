"""The ledger's numbers in the database, once each, whatever is repeated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from annotation.models import Pair
from tests.factories import make_project
from tests.training.world import ledger_line, pair_make, run_make, stand_in, trainable
from training.job.checkpoints import mark_complete
from training.job.folder import LEDGER
from training.job.ledger import ledger_append, ledger_read
from training.models import RewardGroup, TrainingRun
from training.runs.launching import run_launch
from training.runs.ledger_ingest import LedgerIngest

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair() -> Pair:
    pair, _ = trainable(make_project())
    return pair


@pytest.fixture
def run(pair: Pair) -> TrainingRun:
    return run_make(pair.project)


def checkpoint(folder: Path, update: int) -> None:
    made = folder / "checkpoints" / f"checkpoint-{update}"
    made.mkdir(parents=True)
    mark_complete(made, {})


def stored(run: TrainingRun) -> list[int]:
    rows = RewardGroup.objects.filter(run=run).order_by("text_offset")
    return list(rows.values_list("update", flat=True))


def test_a_group_is_a_row_with_its_numbers_and_the_place_of_its_texts(
    run: TrainingRun, pair: Pair, tmp_path: Path
) -> None:
    ingest = LedgerIngest(run, tmp_path)
    ledger_append(tmp_path / LEDGER, [ledger_line(pair, 1), ledger_line(pair, 2)])
    assert ingest.take() == 2
    first, second = RewardGroup.objects.filter(run=run).order_by("update")
    assert (first.pair_id, first.release_id) == (pair.pk, run.release_id)
    assert first.rewards == [0, 0, 1, 1, 1, 0, 0, 1, 1, 0]
    assert first.sources == [0, 0, 2, 2, 2] * 2
    assert first.advantages == [0.5] * 5 + [-0.5] * 5
    line = ledger_line(pair, 1)
    shared, final = line.steps[0][0], line.steps[1][4]
    assert bytes(first.step_sha256[0]).hex() == bytes(first.step_sha256[5]).hex() == shared
    assert bytes(first.step_sha256[9]).hex() == final
    (placed, *_) = ledger_read(tmp_path / LEDGER, second.text_offset)
    assert placed.line == ledger_line(pair, 2)


def test_only_new_lines_are_read_and_a_second_reader_adds_none(
    run: TrainingRun, pair: Pair, tmp_path: Path
) -> None:
    checkpoint(tmp_path, 2)
    ingest = LedgerIngest(run, tmp_path)
    ledger_append(tmp_path / LEDGER, [ledger_line(pair, 1)])
    assert (ingest.take(), ingest.take()) == (1, 0)
    ledger_append(tmp_path / LEDGER, [ledger_line(pair, 2)])
    assert ingest.take() == 1
    assert LedgerIngest(run, tmp_path).take() == 0
    assert stored(run) == [1, 2]


def test_updates_after_the_checkpoint_are_forgotten_when_the_run_goes_on(
    run: TrainingRun, pair: Pair, tmp_path: Path
) -> None:
    ingest = LedgerIngest(run, tmp_path)
    ledger_append(tmp_path / LEDGER, [ledger_line(pair, n) for n in (1, 2, 3)])
    ingest.take()
    checkpoint(tmp_path, 2)
    again = LedgerIngest(run, tmp_path)
    assert stored(run) == [1, 2]
    ledger_append(tmp_path / LEDGER, [ledger_line(pair, 3), ledger_line(pair, 4)])
    again.take()
    assert stored(run) == [1, 2, 3, 4]


def test_what_an_earlier_launch_did_not_read_is_read_now(
    run: TrainingRun, pair: Pair, tmp_path: Path
) -> None:
    ledger_append(tmp_path / LEDGER, [ledger_line(pair, 1), ledger_line(pair, 2)])
    checkpoint(tmp_path, 2)
    assert LedgerIngest(run, tmp_path).take() == 2


def test_a_pair_of_another_project_or_of_none_makes_no_row(
    run: TrainingRun, pair: Pair, tmp_path: Path
) -> None:
    other = pair_make(make_project(slug="other"), "lamp", "a lamp")
    ingest = LedgerIngest(run, tmp_path)
    lines = [ledger_line(pair, 1, pair_id=name) for name in ("x1", "999999", str(other.pk))]
    ledger_append(tmp_path / LEDGER, [*lines, ledger_line(pair, 1)])
    assert ingest.take() == 1
    assert [row.pair_id for row in RewardGroup.objects.filter(run=run)] == [pair.pk]


def test_a_launch_takes_in_what_the_trainer_wrote(
    run: TrainingRun, pair: Pair, settings: Any, tmp_path: Path
) -> None:
    settings.RUNS_DIR = tmp_path
    settings.TRAIN_LAUNCHER = stand_in("stand_in_trainer.py", "finish")
    folder = tmp_path / f"run-{run.pk}"
    folder.mkdir()
    for step in (1, 2, 3):
        ledger_append(folder / f"ledger-{step}", [ledger_line(pair, step)])
    done = run_launch(run_id=run.pk, worker="w1")
    assert done is not None
    assert done.state == TrainingRun.State.FINISHED
    assert stored(run) == [1, 2, 3]
