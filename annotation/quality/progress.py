"""Accounting: what was served and what became of it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count, Q, Sum
from django.utils import timezone

from annotation.labelling.passed import passed_by_everybody
from annotation.labelling.practice import practice_offers
from annotation.labelling.queue_select import claimable_counts
from annotation.models import Assignment, Project, QueueItem, StepLabel
from annotation.models.queue import CLAIMABLE


def item_counts(project: Project) -> dict[str, int]:
    """Items by state; every state is present but gold, which is nobody's work to do."""
    states = [state for state in QueueItem.State.values if state != QueueItem.State.GOLD]
    rows = (
        QueueItem.objects.filter(project=project, state__in=states)
        .values_list("state")
        .annotate(n=Count("pk"))
    )
    return dict.fromkeys(states, 0) | dict(rows)


def served_counts(project: Project, user: User | None = None) -> dict[str, int]:
    """Assignments by state, and ``served`` as their sum."""
    rows = Assignment.objects.filter(item__project=project)
    if user is not None:
        rows = rows.filter(annotator=user)
    counts = dict.fromkeys(Assignment.State.values, 0)
    counts |= dict(rows.values_list("state").annotate(n=Count("pk")))
    return counts | {"served": sum(counts.values())}


def throughput(project: Project, now: datetime | None = None) -> list[dict[str, Any]]:
    """One row a person: ``username``, ``submitted``, ``today`` (24 h),
    ``active_ms`` (sum) and ``ms_per_item`` (mean, None when nothing was measured)."""
    day = (now or timezone.now()) - timedelta(hours=24)
    rows = (
        Assignment.objects.filter(item__project=project, state=Assignment.State.SUBMITTED)
        .values("annotator_id", "annotator__username")
        .annotate(
            submitted=Count("pk"),
            today=Count("pk", filter=Q(submitted_at__gte=day)),
            active_ms=Sum("active_ms"),
        )
        .order_by("-submitted", "annotator__username")
    )
    return [
        {
            "username": row["annotator__username"],
            "submitted": row["submitted"],
            "today": row["today"],
            "active_ms": row["active_ms"],
            "ms_per_item": row["active_ms"] // row["submitted"] if row["active_ms"] else None,
        }
        for row in rows
    ]


def label_count(project: Project) -> int:
    """Valid step labels: submitted and not undone; answers to gold check people, not steps."""
    labels = StepLabel.objects.filter(item__project=project, submission__undone_at=None)
    return labels.exclude(item__state=QueueItem.State.GOLD).count()


def home_summary(user: User, now: datetime | None = None) -> list[dict[str, Any]]:
    """One row a project, in a fixed number of queries: ``project``, ``items``, ``open``,
    ``split``, ``passed`` (by everybody), ``resolved``, and of this person: ``waiting`` (can
    be claimed), ``mine`` and ``mine_today`` (24 h) submitted, ``holding`` (unfinished),
    ``practice`` (is offered)."""
    day = (now or timezone.now()) - timedelta(hours=24)
    states = QueueItem.State
    submitted = Q(state=Assignment.State.SUBMITTED)
    claimed = Q(state=Assignment.State.CLAIMED)
    by_project = {
        row["project_id"]: row
        for row in QueueItem.objects.exclude(state=states.GOLD)
        .values("project_id")
        .annotate(
            items=Count("pk"),
            open=Count("pk", filter=Q(state=states.OPEN)),
            split=Count("pk", filter=Q(state=states.SPLIT)),
            resolved=Count("pk", filter=Q(state=states.RESOLVED)),
        )
    }
    own = {
        row["item__project_id"]: row
        for row in Assignment.objects.filter(annotator=user)
        .values("item__project_id")
        .annotate(
            mine=Count("pk", filter=submitted),
            mine_today=Count("pk", filter=submitted & Q(submitted_at__gte=day)),
            holding=Count("pk", filter=claimed & Q(item__state__in=CLAIMABLE)),
        )
    }
    waiting, practice = claimable_counts(user), practice_offers(user)
    passed = QueueItem.objects.filter(pk__in=passed_by_everybody())
    stuck = Counter(passed.values_list("project_id", flat=True))
    nothing = dict.fromkeys(
        ("items", "open", "split", "resolved", "mine", "mine_today", "holding"), 0
    )
    return [
        {**nothing, **by_project.get(project.pk, {}), **own.get(project.pk, {})}
        | {
            "project": project,
            "waiting": waiting.get(project.pk, 0),
            "passed": stuck[project.pk],
            "practice": project.pk in practice,
        }
        for project in Project.objects.order_by("pk")
    ]
