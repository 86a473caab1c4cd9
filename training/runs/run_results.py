"""What the trainer wrote, taken into the database: metrics, reports, the resulting model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from training.job.files import read_json
from training.job.folder import MODEL, MOMENTS, evaluation_file
from training.job.methods import METHODS
from training.job.model_folder import model_facts, prompt_version_of
from training.job.types import BadInput
from training.models import Checkpoint, EvalReport, RunMetric, TrainingRun


class ResultMissing(RuntimeError):
    """The trainer ended well but left no model."""


class MetricsIngest:
    """Reads a run's folder while it grows; one object a launch.

    A resumed run repeats updates after its checkpoint: the newest line of a step wins.
    """

    def __init__(self, run: TrainingRun, folder: Path) -> None:
        self._run, self._folder = run, folder
        self._recorded: set[str] = set()
        self._waiting: dict[int, Mapping[str, Any]] = {}  # read, and not stored yet

    def take(self, rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
        """Store new lines of metrics.jsonl and new evaluations; returns the progress fields of
        the run that changed. Lines that could not be stored are stored by the next call."""
        self._waiting |= {int(row["step"]): row for row in rows if "step" in row}
        for moment in MOMENTS:
            metrics = read_json(self._folder / evaluation_file(moment))
            if moment not in self._recorded and metrics:
                evaluation_record(run=self._run, moment=moment, metrics=metrics)
                self._recorded.add(moment)
        RunMetric.objects.bulk_create(
            [
                RunMetric(run=self._run, step=step, data=row)
                for step, row in self._waiting.items()
            ],
            update_conflicts=True,
            unique_fields=["run", "step"],
            update_fields=["data"],
        )
        if not self._waiting:
            return {}
        newest = self._waiting[max(self._waiting)]
        self._waiting = {}
        return {
            "step": int(newest["step"]),
            "total_steps": int(newest.get("total_steps") or 0),
        }


def evaluation_record(
    *, run: TrainingRun, moment: str, metrics: Mapping[str, Any]
) -> EvalReport:
    """Keep an evaluation; ``moment`` is before or after, the newest one wins."""
    report, _ = EvalReport.objects.update_or_create(
        run=run, moment=moment, defaults={"metrics": dict(metrics)}
    )
    return report


def checkpoint_record(*, run: TrainingRun, folder: Path) -> Checkpoint:
    """The checkpoint row for the model that the run left.

    Raises:
        ResultMissing: there is no model in the folder, or one that nobody here can use.
    """
    model = folder / MODEL
    if not (model / "config.json").exists():
        raise ResultMissing("the trainer ended without a model")
    try:
        about, version = model_facts(model), prompt_version_of(model)
    except BadInput as error:
        raise ResultMissing(str(error)) from error
    judges = METHODS[run.method].leaves == "rm"
    checkpoint, _ = Checkpoint.objects.update_or_create(
        run=run,
        defaults={
            "name": f"{run.project.slug}-{run.method}-{run.pk}",
            "kind": Checkpoint.Kind.RM if judges else Checkpoint.Kind.POLICY,
            "path": str(model),
            "style": about.get("style", run.policy.style),
            "layout": about.get("layout", run.policy.layout),
            "prompt_version": version,
        },
    )
    return checkpoint
