"""Two runs of a project side by side: settings, truths, rewards, answers to shared pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from django.contrib.auth.models import User

from annotation.cot.errors import Invalid
from annotation.cot.wording import wording as _
from training.job.config import parse_config
from training.job.folder import MOMENTS
from training.job.methods import METHODS
from training.job.types import BadInput
from training.lineage.influence import newest_release
from training.lineage.truth_changes import TruthChanges, truth_changes
from training.models import TrainingRun
from training.runs.replay import ReplayReport, run_replay
from training.runs.rescoring import Evaluation, NotComparable, Rescored, rescored
from training.runs.run_config import DataOptions, run_toml
from verifier.models import VerifierRelease

_NAMED = ("method", "policy", "rm")  # columns of a run; the others are its configuration


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A setting by its dotted name; None: the run has none."""

    name: str
    first: str | None
    second: str | None


@dataclass(frozen=True, slots=True)
class SharedEvaluation:
    """``shared`` is None where there is nothing to compare, and ``refusal`` says why."""

    moment: str
    shared: Rescored | None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class OtherTruth:
    """A run's rewards under the other one's release: what flips, or why that cannot be told."""

    run: TrainingRun
    release: int | None
    report: ReplayReport | None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class TwoRuns:
    """``truths`` is None where a run has no release. ``release``: the number of the newest one,
    by which the answers are scored. ``rewards`` is None where they were not wanted."""

    first: TrainingRun
    second: TrainingRun
    settings: list[SettingChange]
    truths: TruthChanges | None
    refusal: str
    release: int | None
    evaluations: list[SharedEvaluation]
    rewards: list[OtherTruth] | None = None


def runs_compared(
    first: TrainingRun, second: TrainingRun, *, reader: User | None, rewards: bool
) -> TwoRuns:
    """``rewards`` reads the ledgers, which takes time for a long one.

    Raises:
        Invalid: it is one run, or they are of two projects.
    """
    if first.pk == second.pk:
        raise Invalid(_("run %(run)s is compared with itself: name another one", run=first.pk))
    if first.project_id != second.project_id:
        raise Invalid(
            _(
                "run %(first)s is of project %(one)s, run %(second)s of %(other)s: their pairs "
                "have nothing in common",
                first=first.pk,
                one=first.project.slug,
                second=second.pk,
                other=second.project.slug,
            )
        )
    release = newest_release(first.project)
    return TwoRuns(
        first,
        second,
        setting_changes(first, second),
        *_truths(first, second, reader),
        release.number if release else None,
        [_evaluated(first, second, moment, release) for moment in MOMENTS],
        [_other_truth(first, second), _other_truth(second, first)] if rewards else None,
    )


def setting_changes(first: TrainingRun, second: TrainingRun) -> list[SettingChange]:
    """Defaults count as what they are, so that leaving one out is no difference."""
    one, other = _settings(first), _settings(second)
    return [
        SettingChange(name, one.get(name), other.get(name))
        for name in [*one, *(other.keys() - one.keys())]
        if one.get(name) != other.get(name)
    ]


def _settings(run: TrainingRun) -> dict[str, str]:
    named = {
        "method": run.method,
        "policy": run.policy.name,
        "rm": run.rm.name if run.rm else "",
        "release": str(run.release.number) if run.release else "",
    }
    try:
        config: Any = parse_config(run_toml(run))
        data: Any = DataOptions.of(run.config)
    except (BadInput, TypeError, ValueError):  # of an older version, which knew other keys
        config, data = run.config, {}
    rest = {**dict(_flat(config, "")), **dict(_flat(data, "data."))}
    return named | {name: value for name, value in rest.items() if name not in _NAMED}


def _flat(table: Any, prefix: str) -> Iterator[tuple[str, str]]:
    if is_dataclass(table):
        table = {field.name: getattr(table, field.name) for field in fields(table)}
    for key, value in table.items():
        if is_dataclass(value) or isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)


def _truths(
    first: TrainingRun, second: TrainingRun, reader: User | None
) -> tuple[TruthChanges | None, str]:
    for run in (first, second):
        if run.release is None:
            return None, _("run %(run)s has no release of the ground truth", run=run.pk)
    assert first.release is not None
    assert second.release is not None
    return truth_changes(first.release, second.release, reader), ""


def _evaluated(
    first: TrainingRun, second: TrainingRun, moment: str, release: VerifierRelease | None
) -> SharedEvaluation:
    if release is None:
        return SharedEvaluation(moment, None, _("the project has no release yet"))
    try:
        evaluations = _answered(first, moment), _answered(second, moment)
        return SharedEvaluation(moment, rescored(*evaluations, release))
    except NotComparable as error:
        return SharedEvaluation(moment, None, error.message)


def _answered(run: TrainingRun, moment: str) -> Evaluation:
    if METHODS[run.method].leaves != "policy":
        reason = _("run %(run)s trained no policy, so it answers no pairs", run=run.pk)
        raise NotComparable(reason)
    if run.state != TrainingRun.State.FINISHED:
        reason = _("run %(run)s has not finished (%(state)s)", run=run.pk, state=run.state)
        raise NotComparable(reason)
    return Evaluation(run.pk, moment)


def _other_truth(run: TrainingRun, other: TrainingRun) -> OtherTruth:
    if other.release is None:
        reason = _("run %(run)s has no release of the ground truth", run=other.pk)
        return OtherTruth(run, None, None, reason)
    number = other.release.number
    if other.release_id == run.release_id:
        return OtherTruth(run, number, None, _("both learned from release %(n)s", n=number))
    try:
        return OtherTruth(run, number, run_replay(run=run, release=other.release))
    except Invalid as error:
        return OtherTruth(run, number, None, error.message)
