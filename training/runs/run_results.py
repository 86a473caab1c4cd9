"""What the trainer wrote, taken into the database: metrics, reports, the resulting model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.job.child import JsonLinesTail
from training.job.folder import json_read
from training.job.methods import METHODS
from training.models import Checkpoint, EvalReport, RunMetric, TrainingRun

MOMENTS = ("before", "after")


class ResultMissing(RuntimeError):
    """The trainer ended well but left no model."""


class MetricsIngest:
    """Reads a run's folder while it grows; one object a launch.

    A resumed run repeats updates after its checkpoint: the newest line of a step wins.
    """

    def __init__(self, run: TrainingRun, folder: Path) -> None:
        self._run, self._folder = run, folder
        self._tail = JsonLinesTail(folder / "metrics.jsonl")
        self._recorded: set[str] = set()

    def pull(self) -> dict[str, int]:
        """Take what is new; returns the progress fields of the run that changed."""
        for moment in MOMENTS:
            metrics = json_read(self._folder / f"eval_{moment}.json")
            if moment not in self._recorded and metrics:
                evaluation_record(run=self._run, moment=moment, metrics=metrics)
                self._recorded.add(moment)
        rows = {int(row["step"]): row for row in self._tail.read() if "step" in row}
        RunMetric.objects.bulk_create(
            [RunMetric(run=self._run, step=step, data=row) for step, row in rows.items()],
            update_conflicts=True,
            unique_fields=["run", "step"],
            update_fields=["data"],
        )
        if not rows:
            return {}
        newest = rows[max(rows)]
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
        ResultMissing: there is no model in the folder.
    """
    model = folder / "model"
    if not (model / "config.json").exists():
        raise ResultMissing("the trainer ended without a model")
    about = json_read(model / "stepwise.json") or {}
    judges = METHODS[run.method].leaves == "rm"
    checkpoint, _ = Checkpoint.objects.update_or_create(
        run=run,
        defaults={
            "name": f"{run.project.slug}-{run.method}-{run.pk}",
            "kind": Checkpoint.Kind.RM if judges else Checkpoint.Kind.POLICY,
            "path": str(model),
            "style": about.get("style", run.policy.style),
            "layout": about.get("layout", run.policy.layout),
        },
    )
    return checkpoint
