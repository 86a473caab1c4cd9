"""The newest Dawid-Skene fits, the labels they are made of, and who confuses what."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Q

from annotation.cot.sql import statement
from annotation.cot.steps import OPEN_KINDS, StepKind
from annotation.deciding.consensus import Skill
from annotation.models import ConsensusFit, Project, QueueItem, StepLabel

MOST_LABELS = 200_000  # the newest; more change the estimates little


def newest_fits(project: Project) -> dict[int, ConsensusFit]:
    rows = ConsensusFit.objects.filter(project=project).order_by("kind", "-pk")
    return {row.kind: row for row in rows.distinct("kind")}


def skills_of(project: Project) -> dict[int, Skill]:
    """Step kind -> fit, for a project that merges labels by Dawid-Skene; else nothing."""
    if project.consensus != Project.Consensus.DAWID_SKENE:
        return {}
    return {kind: skill_of(row) for kind, row in newest_fits(project).items()}


def skill_of(row: ConsensusFit) -> Skill:
    errors = {int(person): table for person, table in row.errors.items()}
    return Skill(row.priors, errors, row.pk, row.n_items, row.n_labels)


def labels_to_fit(project: Project, kind: StepKind) -> list[tuple[int, int, str]]:
    """(item, annotator, said) of every sure label, the newest ``MOST_LABELS``."""
    field = "verdict" if kind in OPEN_KINDS else "value"
    rows = (
        StepLabel.objects.filter(item__project=project, kind=kind, submission__undone_at=None)
        .exclude(verdict=StepLabel.Verdict.UNSURE)
        .exclude(item__state=QueueItem.State.GOLD)
        .order_by("-pk")
        .values_list("item_id", "annotator_id", field)
    )
    return list(rows[:MOST_LABELS])


def fits_due(every: int) -> list[Project]:
    """Projects that merge by Dawid-Skene and have at least ``every`` labels since their fit."""
    due = []
    estimated = Project.objects.filter(consensus=Project.Consensus.DAWID_SKENE)
    for project in estimated.order_by("pk"):
        newest = ConsensusFit.objects.filter(project=project).order_by("-pk").first()
        labels = StepLabel.objects.filter(item__project=project)
        if newest is not None:
            # What a file brought was said long before it came.
            since = Q(created_at__gt=newest.created_at)
            came = Q(submission__imported_at__gt=newest.created_at)
            labels = labels.filter(since | came)
        if labels[:every].count() >= every:
            due.append(project)
    return due


_CONFUSION = statement(__file__, "confusion", unsure=StepLabel.Verdict.UNSURE)


def confusion_of(user: User, project: Project) -> dict[int, dict[tuple[str, str], int]]:
    """Step kind -> (decided, said) -> labels of this person on decided items."""
    cells: dict[int, dict[tuple[str, str], int]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(_CONFUSION, {"project": project.pk, "user": user.pk})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    for kind, truth, answer, n in rows:
        cells[kind][truth, answer] = n
    return dict(cells)
