"""One launch of one run: claim the row, freeze the data, watch the trainer, record the end."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from annotation.models.leases import MAX_STRIKES, LeaseLost, lease_take
from training.job.child import JobProcess
from training.job.files import read_json
from training.job.folder import CANCEL, REPORT, SIGNALLED, TRAIN_LOG, Exit
from training.job.methods import METHODS
from training.judges.gating import gate_request
from training.models import Checkpoint, TrainingRun
from training.rollouts.servers import outbound
from training.runs.ledger_ingest import LedgerIngest
from training.runs.run_results import MetricsIngest, ResultMissing, checkpoint_record
from training.runs.run_watch import RunWatch, run_follow
from training.runs.snapshot import snapshot_build

_State = TrainingRun.State


def run_launch(
    *, run_id: int, worker: str, keep_going: Callable[[], bool] = lambda: True
) -> TrainingRun | None:
    """Train to the end, or from the newest checkpoint on after a crash.

    Returns the run as it ended; None when another worker holds it, it has ended already, or
    this worker lost it. ``keep_going`` is asked twice a second; False gives the run back.
    """
    rows = TrainingRun.objects.filter(pk=run_id)
    token = lease_take(
        rows,
        attempt=F("attempt") + 1,
        worker=worker,
        error="",
        started_at=Coalesce("started_at", Now()),
        heartbeat_at=Now(),
        finished_at=None,
    )
    if token is None:
        return None
    run = TrainingRun.objects.select_related("project", "policy", "rm", "release").get(
        pk=run_id
    )
    watch = RunWatch(run, token, keep_going)
    try:
        _train(run, watch)
    except LeaseLost:
        return None
    except Exception as error:
        with suppress(LeaseLost):
            _end(watch, _State.FAILED, str(error) or repr(error))
        raise
    run.refresh_from_db()
    return run


def _train(run: TrainingRun, watch: RunWatch) -> None:
    folder = snapshot_build(run=run, on_row=watch.keep)
    watch.keep(run_dir=str(folder))
    (folder / CANCEL).unlink(missing_ok=True)  # of an earlier attempt
    ledger = LedgerIngest(run, folder)
    command = [*shlex.split(settings.TRAIN_LAUNCHER), "training.rl.train", str(folder)]
    process = JobProcess(
        command,
        log=folder / TRAIN_LOG,
        threads=settings.TORCH_THREADS,
        more=outbound().environment(),
    )
    with process:
        code, stopped = run_follow(process, folder, watch, MetricsIngest(run, folder), ledger)
    _conclude(run, watch, folder, code, stopped, process.last_line())


def _conclude(
    run: TrainingRun, watch: RunWatch, folder: Path, code: int, stopped: bool, last_line: str
) -> None:
    if code == Exit.DONE:
        _finish(run, watch, folder)
    elif code == Exit.CANCELLED or stopped:
        _end(watch, _State.CANCELLED)
    elif code == Exit.BAD_INPUT:
        _end(watch, _State.FAILED, last_line)
    elif code > SIGNALLED and watch.strikes() < MAX_STRIKES:
        # Killed from outside (out of memory, a reboot): worth another try from the checkpoint.
        error = f"the trainer was killed by signal {code - SIGNALLED}; it will go on"
        watch.end(state=_State.QUEUED, error=error, lease_token="", lease_expires_at=Now())
    else:
        _end(watch, _State.FAILED, f"the trainer ended with code {code}: {last_line}")


def _finish(run: TrainingRun, watch: RunWatch, folder: Path) -> None:
    report = read_json(folder / REPORT) or {}
    try:
        with transaction.atomic():
            if METHODS[run.method].leaves != "report":
                left = checkpoint_record(run=run, folder=folder)
                if left.kind == Checkpoint.Kind.RM:
                    gate_request(project=run.project, rm=left)
            _end(watch, _State.FINISHED, report=report, step=_last_step(run))
    except ResultMissing as error:
        _end(watch, _State.FAILED, str(error))


def _last_step(run: TrainingRun) -> int:
    run.refresh_from_db(fields=["step", "total_steps"])
    return run.total_steps or run.step


def _end(watch: RunWatch, state: str, error: str = "", **values: object) -> None:
    ended = {"finished_at": Now(), "lease_token": "", "lease_expires_at": None}
    watch.end(state=state, error=error, **ended, **values)
