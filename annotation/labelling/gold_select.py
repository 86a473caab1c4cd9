"""Which gold is due for whom, and how well people do on it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db.models import Avg, Count, Exists, Max, OuterRef, Q, QuerySet
from django.db.models.functions import TruncWeek

from annotation.cot.steps import OPEN_KINDS
from annotation.models import (
    Assignment,
    GoldDispute,
    GoldItem,
    GoldTry,
    Pause,
    Practice,
    Project,
    QueueItem,
    Resolution,
    Rollout,
    StepLabel,
)
from annotation.models.queue import LIVE_STATES


def gold_projects(project: Project | None) -> list[Project]:
    """The projects that mix gold into their queue, have open items and are asked for."""
    if project is not None and not (project.gold_percent or project.gold_onboarding):
        return []
    waiting = QueueItem.objects.filter(project=OuterRef("pk"), state=QueueItem.State.OPEN)
    mixed = Project.objects.filter(Q(gold_percent__gt=0) | Q(gold_onboarding__gt=0))
    if project is not None:
        mixed = mixed.filter(pk=project.pk)
    return list(mixed.filter(Exists(waiting)).order_by("pk"))


def pauses_of(user: User, project: Project | None = None) -> list[Pause]:
    """The pauses in force, for the page that says why nothing can be claimed."""
    rows = Pause.objects.filter(annotator=user, lifted_at=None).select_related("project")
    return list(rows.filter(project=project) if project else rows)


def is_new(user: User, project: Project) -> bool:
    """Whether this person's onboarding goes on: no ordinary item yet, gold left to do."""
    answered = GoldTry.objects.filter(annotator=user, gold__project=project, attempt=1).exclude(
        answered_at=None
    )
    if answered.count() >= project.gold_onboarding:
        return False
    ordinary = Assignment.objects.filter(
        annotator=user, state=Assignment.State.SUBMITTED, item__project=project
    ).exclude(item__state=QueueItem.State.GOLD)
    return not ordinary.exists()


def gold_candidates(user: User, project: Project) -> list[GoldItem]:
    """Gold this person may be asked: never asked before, its pair never labelled or decided by
    them, and not made by them."""
    tries = GoldTry.objects.filter(gold=OuterRef("pk"), annotator=user)
    labelled = Assignment.objects.filter(
        annotator=user,
        state=Assignment.State.SUBMITTED,
        item__rollout__pair=OuterRef("rollout__pair"),
    )
    decided = Resolution.objects.filter(pair=OuterRef("rollout__pair"), decided_by=user)
    return list(
        GoldItem.objects.filter(project=project, active=True)
        .exclude(Exists(tries))
        .exclude(practised__annotator=user)
        .exclude(Exists(labelled))
        .exclude(Exists(decided))
        .exclude(created_by=user)
        .select_related("rollout__pair", "project")
    )


def known_rollouts(user: User) -> QuerySet[Rollout]:
    """Of the pairs that this person was asked about as gold: they were told the answers, so the
    queue does not offer these rollouts to them."""
    tries = GoldTry.objects.filter(annotator=user).values("gold__rollout__pair")
    practised = Practice.objects.filter(annotator=user).values("gold__rollout__pair")
    return Rollout.objects.filter(Q(pair__in=tries) | Q(pair__in=practised))


def unanswered_try(user: User, project: Project) -> GoldTry | None:
    """A gold item that was opened for this person and put off or left."""
    return (
        GoldTry.objects.filter(
            annotator=user,
            gold__project=project,
            gold__active=True,
            answered_at=None,
            item__state=QueueItem.State.GOLD,
        )
        .select_related("item")
        .order_by("pk")
        .first()
    )


def recent_scores(user: User, project: Project) -> list[float]:
    """Scores of the last ``pause_window`` first attempts since the last pause was lifted."""
    since = Pause.objects.filter(annotator=user, project=project).aggregate(
        last=Max("lifted_at")
    )["last"]
    rows = GoldTry.objects.filter(annotator=user, gold__project=project, attempt=1).exclude(
        answered_at=None
    )
    if since is not None:
        rows = rows.filter(answered_at__gt=since)
    newest = rows.order_by("-answered_at").values_list("score", flat=True)
    return [score for score in newest[: project.pause_window] if score is not None]


def gold_try_answers(gold_try: GoldTry) -> QuerySet[StepLabel]:
    return StepLabel.objects.filter(item=gold_try.item_id).order_by("kind")


def resolved_answers(item: QueueItem) -> dict[str, str]:
    """What was decided on an item, as gold answers: kind -> value, or verdict for steps 1-2."""
    answers: dict[str, str] = {}
    for row in Resolution.objects.filter(item=item, withdrawn_at=None).order_by("pk"):
        text = row.verdict if row.kind in OPEN_KINDS else row.value
        if text:
            answers[str(row.kind)] = text
    return answers


def importable_rollouts(project: Project, limit: int) -> list[Rollout]:
    """One well-formed rollout a pair that came with true values and is not gold yet."""
    live = QueueItem.objects.filter(rollout__pair=OuterRef("pair"), state__in=LIVE_STATES)
    is_gold = GoldItem.objects.filter(rollout__pair=OuterRef("pair"))
    rows = (
        Rollout.objects.filter(pair__project=project, parse_error="")
        .exclude(pair__gold={})
        .exclude(Exists(live))
        .exclude(Exists(is_gold))
        .order_by("pair_id", "pk")
        .distinct("pair_id")
        .select_related("pair__project")
    )
    return list(rows[:limit])


def gold_list(project: Project) -> QuerySet[GoldItem]:
    """With ``people`` (who answered), ``mean`` (of their first scores), ``disputed`` (open)."""
    first = Q(tries__attempt=1, tries__answered_at__isnull=False)
    open_ones = Q(disputes__state=GoldDispute.State.OPEN)
    return (
        GoldItem.objects.filter(project=project)
        .select_related("rollout__pair__product", "created_by")
        .annotate(
            people=Count("tries", filter=first, distinct=True),
            mean=Avg("tries__score", filter=first),
            disputed=Count("disputes", filter=open_ones, distinct=True),
        )
        .order_by("-disputed", "-active", "-pk")
    )


def gold_by_person(project: Project) -> dict[int, dict[str, Any]]:
    """Annotator id -> ``n`` first attempts and ``accuracy`` (mean score, 0..1)."""
    rows = (
        GoldTry.objects.filter(gold__project=project, attempt=1, answered_at__isnull=False)
        .values("annotator_id")
        .annotate(n=Count("pk"), accuracy=Avg("score"))
    )
    return {row["annotator_id"]: dict(row) for row in rows}


def gold_by_week(project: Project, user: User | None = None) -> list[dict[str, Any]]:
    """``week`` (its Monday), ``n`` and ``accuracy`` of first attempts, oldest first."""
    rows = GoldTry.objects.filter(gold__project=project, attempt=1, answered_at__isnull=False)
    if user is not None:
        rows = rows.filter(annotator=user)
    weeks = (
        rows.annotate(week=TruncWeek("answered_at"))
        .values("week")
        .annotate(n=Count("pk"), accuracy=Avg("score"))
        .order_by("week")
    )
    return [dict(row) for row in weeks]


def open_disputes(project: Project) -> QuerySet[GoldDispute]:
    return (
        GoldDispute.objects.filter(gold__project=project, state=GoldDispute.State.OPEN)
        .select_related("gold__rollout__pair__product", "gold_try__annotator")
        .order_by("pk")
    )


def project_pauses(project: Project) -> QuerySet[Pause]:
    """All pauses, those in force first."""
    return (
        Pause.objects.filter(project=project)
        .select_related("annotator", "lifted_by")
        .order_by("-lifted_at", "-pk")
    )
