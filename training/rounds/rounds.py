"""Starting, advancing and stopping a round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotation.cot.errors import Conflict, StepwiseError
from annotation.cot.wording import wording as _
from annotation.models import Project, Round
from training.models import Checkpoint, TrainingRun
from training.rounds.obstacles import obstacle
from training.rounds.plan import plan_check, plan_read
from training.rounds.select import next_policy, rewarding_rm, rounds_newest_first
from training.rounds.stages import BEGIN, Job, Starter
from training.rounds.standing import BY_ITSELF, State, round_standing
from training.runs.runs import run_cancel
from training.runs.waivers import Waiver

_Autopilot = Project.Autopilot


@dataclass(slots=True)
class Advance:
    """``round`` is the project's newest afterwards; the door sends the ``jobs`` on commit."""

    round: Round
    jobs: list[Job] = field(default_factory=list)


@transaction.atomic
def round_start(
    *,
    project: Project,
    policy: Checkpoint | None = None,
    plan: Mapping[str, Any] | None = None,
    autopilot: str | None = None,
    user: User | None = None,
    waiver: Waiver | None = None,
) -> Advance:
    """Open the next round and sample its policy; ``policy`` and ``plan`` default to what the
    last round left. ``autopilot`` changes the project's setting. A ``waiver`` lets the runs of
    this one round start where the preflight refuses them.

    Raises:
        Conflict: a round of the project is open.
        Invalid: the plan makes no sense, nothing can be sampled, or the waiver gives no reason.
        Denied: the waiver is not a lead's.
    """
    if waiver is not None:
        waiver.check()
    done = Advance(_open(project, policy, plan, user))
    if waiver is not None:
        done.round.waived_by, done.round.waiver = waiver.lead, waiver.reason.strip()
        done.round.save(update_fields=["waived_by", "waiver"])
    if autopilot is not None:
        done.round.project.autopilot = _Autopilot(autopilot)
        done.round.project.save(update_fields=["autopilot"])
    _begin(done, State.SAMPLING, Starter(user))
    return done


@transaction.atomic
def round_advance(
    *, round_id: int, user: User | None = None, waiver: Waiver | None = None
) -> Advance:
    """Begin the next stage because a person wants it, or close the round at its end.

    Raises:
        Conflict: the round has ended, or the present stage waits; the message says for what.
        Invalid: a problem of the preflight.
        PreflightRefused: a threshold is not met, and there is no ``waiver``.
        Denied: the waiver is not a lead's.
    """
    if waiver is not None:
        waiver.check()
    row = (
        Round.objects.select_for_update(of=("self",)).select_related("project").get(pk=round_id)
    )
    standing = round_standing(row)
    if standing.wait is None:
        raise Conflict(_("round %(n)s has ended: start the next one", n=row.number))
    if not standing.wait.ready:
        raise Conflict(standing.wait.text)
    done = Advance(row)
    if standing.state == State.EVALUATING:
        _end(row)
    else:
        _begin(done, standing.state, Starter(user, waiver))
    return done


@transaction.atomic
def round_autopilot(*, round_id: int) -> Advance | None:
    """Begin whatever the project lets a round begin by itself, or stop it and say why.

    None when another worker is at it. Repeating it is harmless: what has begun is a row.
    """
    rows = Round.objects.select_for_update(skip_locked=True, of=("self",))
    row = rows.select_related("project").filter(pk=round_id, ended_at=None).first()
    if row is None:
        return None
    done, allowed = Advance(row), BY_ITSELF[row.project.autopilot]
    while done.round.ended_at is None:
        standing = round_standing(done.round)
        if allowed and (why := obstacle(standing)):
            _end(done.round, why)
        elif not standing.ready or standing.state not in allowed:
            break
        elif standing.state == State.EVALUATING:
            _go_on(done)
        else:
            _try(done, standing.state)
    return done


@transaction.atomic
def round_stop(*, round_id: int, reason: str, user: User | None = None) -> Round:
    """End a round before its end. Its runs are cancelled and can be resumed; its items stay.

    Raises:
        Conflict: it has ended.
    """
    row = Round.objects.select_for_update().get(pk=round_id)
    if row.ended_at is not None:
        raise Conflict(_("round %(n)s has ended already", n=row.number))
    for run in TrainingRun.objects.filter(round=row, state__in=TrainingRun.LIVE):
        run_cancel(run=run)
    who = user.get_username() if user else "a command"
    return _end(row, f"stopped by {who}: {reason.strip() or 'no reason given'}")


def _open(
    project: Project,
    policy: Checkpoint | None = None,
    plan: Mapping[str, Any] | None = None,
    user: User | None = None,
) -> Round:
    # The project's lock makes the numbers consecutive when two people press at once.
    project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    last = rounds_newest_first(project).first()
    if last is not None and last.ended_at is None:
        raise Conflict(_("round %(n)s is open: advance it, or stop it first", n=last.number))
    chosen, rm = policy or next_policy(project), rewarding_rm(project)
    given = plan if plan is not None else last.plan if last else {}
    return Round.objects.create(
        project=project,
        number=last.number + 1 if last else 1,
        policy=chosen.name,
        rm=rm.name if rm else "",
        plan=plan_check(given, chosen).stored(),
        created_by=user,
    )


def _begin(done: Advance, state: State, by: Starter) -> None:
    done.jobs += BEGIN[state](done.round, plan_read(done.round.plan), by)


def _try(done: Advance, state: State) -> None:
    """What is refused stops the round; the savepoint takes back what was half made."""
    try:
        with transaction.atomic():
            _begin(done, state, Starter())
    except StepwiseError as error:
        _end(done.round, error.message)


def _go_on(done: Advance) -> None:
    """The next round with the new checkpoint, unless this was the last one of the plan."""
    row = _end(done.round)
    if row.plan["rounds"] != 1:
        plan = {**row.plan, "rounds": max(0, row.plan["rounds"] - 1)}
        done.round = _open(row.project, plan=plan)


def _end(row: Round, why: str = "") -> Round:
    row.ended_at, row.stop_reason = timezone.now(), why
    row.save(update_fields=["ended_at", "stop_reason"])
    return row
