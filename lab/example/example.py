"""A second project of the sample shop, so that no page of a first look is empty: its people are
simulated, its rounds and runs are real, and at the end all of it is told as four weeks.

Nothing of its state is stored: what comes next is read from the project's rows.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from annotation.cot.errors import Conflict
from annotation.cot.locks import TRY_LOCK, Lock
from annotation.cot.wording import wording as _
from annotation.models import Project, Round, Submission
from annotation.people.roles import SIMULATED, Role
from annotation.quality.project_rows import project_jobs
from lab.circle.source import crew
from lab.circle.source_sample import SampleSource
from lab.example.shop import shop_create, shop_import
from lab.simulate.people import person_create, queue_work_off, splits_adjudicate
from lab.simulate.weeks import weeks_tell
from training.judges.appointing import rm_appoint
from training.models import Checkpoint, RmGate
from training.rounds.rounds import Advance, round_start
from training.scoring.select import current_rm, scoring_due_now

SLUG, NAME = "example", "Example shop (simulated people)"
SAMPLE = "sample"  # the project of a first start
LEAD = f"{SampleSource.slug}-lead"
WEEKS = 4
AT_ONCE = 16  # items of a person in a turn, so that decisions come between the labels
# Two rounds in some twenty minutes of two cores; the held-out pairs are enough gold for the
# gate.
PLAN: dict[str, Any] = {
    "pairs": 240,
    "rollouts": 1,
    "gold": 100,
    "rounds": 2,
    "policy": {
        "rl": {"updates": 12, "prompts": 4, "group": 8},
        "sampling": {"rollouts": 4},
        "data": {"train_limit": 120, "eval_limit": 80},
    },
}
_OVERRIDE = "an example: so that its disagreements can be looked at"


class ExampleState(StrEnum):
    ABSENT = "absent"
    WORKING = "working"
    OVER = "over"  # it belongs to whoever looks at it now


def example_project() -> Project | None:
    return Project.objects.filter(slug=SLUG).first()


def example_state() -> ExampleState:
    project = example_project()
    if project is None:
        return ExampleState.ABSENT
    rounds = Round.objects.filter(project=project)
    labels = Submission.objects.filter(assignment__item__project=project)
    ours, unnamed = Q(created_by__groups__name=SIMULATED), Q(created_by=None)
    if labels.exclude(annotator__groups__name=SIMULATED).exists():
        return ExampleState.OVER  # times of real people are left alone
    if not rounds.filter(ours).exists() or rounds.exclude(ours | unnamed).exists():
        return ExampleState.OVER
    if rounds.filter(ended_at=None).exists():
        return ExampleState.WORKING
    newest = labels.order_by("-created_at").values_list("created_at", flat=True).first()
    told = newest is None or timezone.localtime(newest).date() < timezone.localdate()
    return ExampleState.OVER if told else ExampleState.WORKING


def example_offered() -> bool:
    """Until somebody has a project of their own."""
    return not Project.objects.exclude(slug=SAMPLE).exists()


@transaction.atomic
def example_start() -> Advance:
    """Make the project and open its first round; the door sends the jobs.

    Raises:
        Conflict: there is a project by that name.
    """
    if example_project() is not None:
        raise Conflict(_("there is a project '%(slug)s' already", slug=SLUG))
    project = shop_create(slug=SLUG, name=NAME)
    shop_import(project)
    lead = person_create(username=LEAD, role=Role.LEAD)
    whole = Project.Autopilot.WHOLE
    return round_start(project=project, plan=PLAN, autopilot=whole, user=lead)


def example_turn() -> bool:
    """The people's turn: label and decide some of what waits, put the first reward model in
    charge, and when the rounds have ended the newest; then tell it all as weeks. False where
    there is nothing to do, or somebody is at it."""
    project = example_project()
    if project is None or example_state() != ExampleState.WORKING:
        return False
    source = _people()
    lead = person_create(username=LEAD, role=Role.LEAD)
    people = crew(source)
    with transaction.atomic():
        if not _alone():
            return False
        done = queue_work_off(project=project, people=people, at_most=AT_ONCE)
        done += splits_adjudicate(project=project, lead=lead, answer=source.lead())
        turning = Round.objects.filter(project=project, ended_at=None).exists()
        if current_rm(project) is None or not turning:
            done += _appointed(project, lead)
        if not done and not turning and _at_rest(project):
            weeks_tell(project=project, weeks=WEEKS)
    return True


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {TRY_LOCK}", [Lock.EXAMPLE, 0])
        row = cursor.fetchone()
    return bool(row and row[0])


@cache
def _people() -> SampleSource:
    return SampleSource(annotators=3, noise=0.05, pairs=0, seed=0)


def _appointed(project: Project, lead: User) -> int:
    """The newest model that the gate has measured, over the gate's refusal, which is on record
    as everybody's override is. Without one in charge the autopilot would stop at the second
    refusal."""
    measured = RmGate.objects.filter(project=project, state=RmGate.State.DONE).values("rm")
    rm = Checkpoint.objects.filter(pk__in=measured).order_by("-pk").first()
    if rm is None or rm == current_rm(project):
        return 0
    rm_appoint(project=project, rm=rm, lead=lead, reason=_OVERRIDE, override=True)
    return 1


def _at_rest(project: Project) -> bool:
    rm = current_rm(project)
    if rm is not None and scoring_due_now(project=project, rm=rm):
        return False
    return not project_jobs(project)
