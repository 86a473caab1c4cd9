"""Where a round stands: the first stage whose condition is not met, read from its rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from annotation.cot.wording import wording as _
from annotation.models import Project, Round
from training.models import RolloutBatch, TrainingRun
from training.rounds.facts import Facts, round_facts
from training.rounds.judged import GateVerdict


class State(StrEnum):
    SAMPLING = "sampling"
    LABELLING = "labelling"
    RELEASING = "releasing"
    JUDGING = "judging"
    TRAINING = "training"
    EVALUATING = "evaluating"
    DONE = "done"
    STOPPED = "stopped"


# What the autopilot begins by itself; the labelling is begun by nobody.
BY_ITSELF: dict[str, frozenset[State]] = {
    Project.Autopilot.OFF: frozenset(),
    Project.Autopilot.TO_RELEASE: frozenset({State.SAMPLING, State.RELEASING}),
    Project.Autopilot.WHOLE: frozenset(State) - {State.LABELLING},
}


class Whom(StrEnum):
    """Who is waited for."""

    WORKER = "worker"
    ANNOTATORS = "annotators"
    LEAD = "lead"
    ENGINEER = "engineer"
    STARTER = "lead or engineer"  # somebody who may start the stage


@dataclass(frozen=True, slots=True)
class Wait:
    """What a stage waits for; ``ready``: for nothing but somebody who starts it."""

    whom: Whom
    text: str
    ready: bool = False


@dataclass(frozen=True, slots=True)
class RoundStanding:
    facts: Facts
    state: State
    wait: Wait | None  # None: the round has ended

    @property
    def ready(self) -> bool:
        return self.wait is not None and self.wait.ready


def round_state(row: Round) -> State:
    """Without reading further rows where it has ended."""
    if row.ended_at is not None:
        return State.STOPPED if row.stop_reason else State.DONE
    return round_standing(row).state


def round_standing(row: Round, now: datetime | None = None) -> RoundStanding:
    facts = round_facts(row, now)
    if row.ended_at is not None:
        return RoundStanding(facts, round_state(row), None)
    for state, condition in STAGES:
        if wait := condition(facts):
            return RoundStanding(facts, state, wait)
    raise AssertionError("the last stage waits for somebody who closes the round")


def _sampling(facts: Facts) -> Wait | None:
    batch, states = facts.batch, RolloutBatch.State
    if batch is None:
        return _ready(_("the policy has not been sampled"))
    if batch.state == states.FAILED:
        return Wait(Whom.ENGINEER, _("sampling failed: %(error)s", error=batch.error))
    if batch.state != states.DONE:
        total = len(batch.pair_ids) * batch.n
        return Wait(
            Whom.WORKER,
            _("%(n)s of %(total)s rollouts are sampled", n=batch.rollouts_done, total=total),
        )
    if batch.error and not facts.labels.items:
        return Wait(Whom.ENGINEER, batch.error)
    return None


def _labelling(facts: Facts) -> Wait | None:
    labels = facts.labels
    if labels.enough:
        return None
    only_splits = labels.live == labels.split
    return Wait(
        Whom.LEAD if only_splits else Whom.ANNOTATORS,
        _(
            "%(n)s of %(wanted)s items are decided, %(split)s are split",
            n=labels.decided, wanted=labels.wanted, split=labels.split,
        ),
    )  # fmt: skip


def _releasing(facts: Facts) -> Wait | None:
    return None if facts.round.release else _ready(_("the labels are not frozen yet"))


def _judging(facts: Facts) -> Wait | None:
    if facts.judging is None:
        return _ready(_("no reward model has learned from this release"))
    if facts.candidate and facts.verdict == GateVerdict.MEASURING:
        return Wait(Whom.WORKER, _("the gate measures %(name)s", name=facts.candidate.name))
    if facts.candidate and facts.verdict == GateVerdict.PASSED:
        name = facts.candidate.name
        return Wait(Whom.LEAD, _("%(name)s passed the gate and is to be appointed", name=name))
    return _running(facts.judging)


def _training(facts: Facts) -> Wait | None:
    run = facts.training
    if run is None:
        return _ready(_("the policy has not been trained on this release"))
    trained = run.total_steps and run.step >= run.total_steps
    return None if run.state in TrainingRun.LIVE and trained else _running(run)


def _evaluating(facts: Facts) -> Wait | None:
    run = facts.training
    if run is not None and run.state != TrainingRun.State.FINISHED:
        return Wait(Whom.WORKER, _("held-out pairs are being answered"))
    return _ready(_("the round can be closed"))


def _running(run: TrainingRun) -> Wait | None:
    values: dict[str, object] = {"number": run.pk, "state": run.state}
    if run.state in TrainingRun.RESUMABLE:
        return Wait(
            Whom.ENGINEER,
            _("run %(number)s is %(state)s: resume it, or stop the round", **values),
        )
    if run.state == TrainingRun.State.FINISHED:
        return None
    values |= {"step": run.step, "total": run.total_steps}
    return Wait(
        Whom.WORKER, _("run %(number)s is %(state)s, step %(step)s of %(total)s", **values)
    )


def _ready(text: str) -> Wait:
    return Wait(Whom.STARTER, text, ready=True)


STAGES: tuple[tuple[State, Callable[[Facts], Wait | None]], ...] = (
    (State.SAMPLING, _sampling),
    (State.LABELLING, _labelling),
    (State.RELEASING, _releasing),
    (State.JUDGING, _judging),
    (State.TRAINING, _training),
    (State.EVALUATING, _evaluating),
)
