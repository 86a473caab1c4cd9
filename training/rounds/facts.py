"""The rows that name a round, read once: what its state is derived from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q, QuerySet, Sum
from django.utils import timezone

from annotation.models import Assignment, Project, QueueItem, Round, StepLabel
from annotation.models.queue import LIVE_STATES
from training.job.methods import METHODS
from training.models import Checkpoint, RolloutBatch, TrainingRun
from training.rounds.judged import GateVerdict, verdict_on
from training.rounds.plan import Plan, plan_read
from verifier.models import VerifierRelease

JUDGES = [name for name, row in METHODS.items() if row.leaves == "rm"]
_RECENT = timedelta(hours=24)  # what the speed is measured over
_LEAST = timedelta(minutes=5)  # the first minutes promise nothing


@dataclass(frozen=True, slots=True)
class LabelCounts:
    """Of the round's items. ``wanted`` are to be decided, ``submissions_left`` are what open
    items still want, ``hours`` is how long those take at the present speed: None when nobody
    submitted anything in the last 24 hours."""

    items: int
    wanted: int
    decided: int
    live: int
    split: int
    given: int  # step labels
    submissions_left: int
    hours: float | None

    @property
    def enough(self) -> bool:
        """Decided as many as planned, or nothing is left to ask."""
        return self.decided >= self.wanted or not self.live


@dataclass(frozen=True, slots=True)
class Facts:
    round: Round
    plan: Plan
    batch: RolloutBatch | None
    labels: LabelCounts
    release: VerifierRelease | None
    judging: TrainingRun | None  # the run that trains its reward model
    candidate: Checkpoint | None  # what that left
    verdict: GateVerdict | None  # on the candidate
    training: TrainingRun | None
    trained: Checkpoint | None


def round_facts(row: Round, now: datetime | None = None) -> Facts:
    plan = plan_read(row.plan)
    runs = TrainingRun.objects.filter(round=row).select_related("policy", "rm", "release")
    judging = runs.filter(method__in=JUDGES).order_by("-pk").first()
    training = runs.exclude(method__in=JUDGES).order_by("-pk").first()
    candidate = _left(judging)
    return Facts(
        round=row,
        plan=plan,
        batch=RolloutBatch.objects.filter(round=row).order_by("-pk").first(),
        labels=_labels(row, plan.decided, now or timezone.now()),
        release=round_release(row),
        judging=judging,
        candidate=candidate,
        verdict=verdict_on(row, candidate),
        training=training,
        trained=_left(training),
    )


def round_release(row: Round) -> VerifierRelease | None:
    """Without its payload, which may be large."""
    if row.release is None:
        return None
    rows = VerifierRelease.objects.filter(project_id=row.project_id, number=row.release)
    return rows.defer("payload").first()


def labels_given(project: Project) -> int:
    """Step labels that people gave in the project's rounds; what was taken back is not one."""
    rows = StepLabel.objects.filter(
        item__project=project, item__round__isnull=False, submission__undone_at=None
    )
    return rows.count()


def _labels(row: Round, decided: int, now: datetime) -> LabelCounts:
    states = QueueItem.State
    items = QueueItem.objects.filter(round=row)
    counts = items.aggregate(
        items=Count("pk"),
        decided=Count("pk", filter=Q(state=states.RESOLVED)),
        live=Count("pk", filter=Q(state__in=LIVE_STATES)),
        split=Count("pk", filter=Q(state=states.SPLIT)),
    )
    given = StepLabel.objects.filter(item__round=row, submission__undone_at=None).count()
    opened = items.filter(state=states.OPEN)
    left = (opened.aggregate(n=Sum("overlap"))["n"] or 0) - _submitted(opened).count()
    wanted = min(decided, counts["items"]) if decided else counts["items"]
    return LabelCounts(
        **counts,
        wanted=wanted,
        given=given,
        submissions_left=left,
        hours=_hours(row, left, now),
    )


def _hours(row: Round, left: int, now: datetime) -> float | None:
    """At the pace since the first submission of the last 24 hours."""
    recent = (
        _submitted(QueueItem.objects.filter(round=row))
        .filter(submitted_at__gt=now - _RECENT)
        .aggregate(n=Count("pk"), first=Min("submitted_at"))
    )
    if not left or not recent["n"]:
        return None if left else 0.0
    since: timedelta = max(now - recent["first"], _LEAST)
    return left * (since / timedelta(hours=1)) / int(recent["n"])


def _submitted(items: QuerySet[QueueItem]) -> QuerySet[Assignment]:
    return Assignment.objects.filter(item__in=items, state=Assignment.State.SUBMITTED)


def _left(run: TrainingRun | None) -> Checkpoint | None:
    if run is None or run.state != TrainingRun.State.FINISHED:
        return None
    return run.produced.order_by("-pk").first()
