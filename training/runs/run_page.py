"""What the run page shows of one run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from annotation.quality.charts import Chart, line_chart
from training.models import Checkpoint, EvalReport, RunMetric, TrainingRun

VALIDATION = "validation"  # the chart of report.json's curve
CURVES = ("reward", "kl", "entropy", "length", "loss", "parse_rate")
_RECENT = 20  # updates behind the estimate
_State = TrainingRun.State


@dataclass(frozen=True, slots=True)
class Chip:
    """A run's state in one word; ``tone`` is a class of the style sheet."""

    name: str | Promise
    tone: str = ""


_CHIPS: dict[str, Chip] = {
    _State.HELD: Chip(_("Held"), "warn"),
    _State.QUEUED: Chip(_("Queued")),
    _State.RUNNING: Chip(_("Running"), "accent"),
    _State.CANCELLING: Chip(_("Cancelling"), "warn"),
    _State.CANCELLED: Chip(_("Cancelled")),
    _State.FINISHED: Chip(_("Finished"), "good"),
    _State.FAILED: Chip(_("Failed"), "bad"),
}


@dataclass(frozen=True, slots=True)
class Since:
    """An alarm of the newest update (a code of rl.base.monitors), and the first update of
    its unbroken row."""

    code: str
    step: int


@dataclass(frozen=True, slots=True)
class RunView:
    run: TrainingRun
    active: bool
    percent: int
    eta_seconds: float | None  # None: nothing measured yet, or not running
    charts: list[Chart]
    stage: str
    evaluations: dict[str, dict[str, Any]]  # moment -> metrics
    alarms: list[Since]
    shares: dict[str, int]  # percent of an update: generation, reward, update; {} = unknown

    @property
    def eta_minutes(self) -> float | None:
        return None if self.eta_seconds is None else self.eta_seconds / 60


def runs_newest_first() -> QuerySet[TrainingRun]:
    """With ``useless``: a finished run whose policy judges no held-out pair right."""
    zero = EvalReport.objects.filter(run=OuterRef("pk"), moment="after", metrics__macro_f1=0)
    return (
        TrainingRun.objects.select_related("project", "policy", "rm", "release", "created_by")
        .annotate(useless=Exists(zero))
        .order_by("-pk")
    )


def state_chip(run: TrainingRun) -> Chip:
    """A finished run that is of no use (``runs_newest_first``) is not green."""
    chip = _CHIPS[run.state]
    useless = run.state == _State.FINISHED and getattr(run, "useless", False)
    return replace(chip, tone="warn") if useless else chip


def checkpoint_left(run: TrainingRun) -> Checkpoint | None:
    """What a finished run leaves to go on with."""
    if run.state != TrainingRun.State.FINISHED:
        return None
    return run.produced.order_by("-pk").first()


def run_view(run: TrainingRun) -> RunView:
    """State, remaining time from the median of the last updates, and the curves."""
    metrics = RunMetric.objects.filter(run=run).order_by("step")
    rows = [{"step": step, **data} for step, data in metrics.values_list("step", "data")]
    points = [
        {"step": step, VALIDATION: value}
        for step, value in run.report.get("curve", {}).get("points", ())
    ]
    charts = [chart for key in CURVES if (chart := line_chart(key, rows))]
    charts += [chart for chart in [line_chart(VALIDATION, points)] if chart]
    stages = [row["stage"] for row in rows[-1:] if row.get("stage") is not None]
    reports = EvalReport.objects.filter(run=run)
    return RunView(
        run=run,
        active=run.state in TrainingRun.LIVE,
        percent=round(100 * run.step / run.total_steps) if run.total_steps else 0,
        eta_seconds=_eta(run, rows),
        charts=charts,
        stage=str(stages[0]) if stages else "",
        evaluations={report.moment: report.metrics for report in reports},
        alarms=alarms_since(rows),
        shares=time_shares(rows),
    )


def alarms_since(rows: list[dict[str, Any]]) -> list[Since]:
    """Of rows ordered by step; only what the newest one still says."""
    alarms = []
    for code in rows[-1].get("alarms", []) if rows else []:
        since = rows[-1]["step"]
        for row in reversed(rows):
            if code not in row.get("alarms", []):
                break
            since = row["step"]
        alarms.append(Since(code, since))
    return alarms


def time_shares(rows: list[dict[str, Any]]) -> dict[str, int]:
    """Where the last updates' seconds went, in percent."""
    known = [row for row in rows[-_RECENT:] if row.get("seconds_generation") is not None]
    whole = sum(row["seconds"] for row in known)
    if not whole:
        return {}
    parts = {
        name: sum(row[f"seconds_{name}"] or 0.0 for row in known)
        for name in ("generation", "reward")
    }
    parts["update"] = whole - sum(parts.values())
    return {name: round(100 * seconds / whole) for name, seconds in parts.items()}


def _eta(run: TrainingRun, rows: list[dict[str, Any]]) -> float | None:
    times = [row["seconds"] for row in rows[-_RECENT:] if row.get("seconds")]
    if run.state != TrainingRun.State.RUNNING or not times or not run.total_steps:
        return None
    return max(0, run.total_steps - run.step) * float(median(times))
