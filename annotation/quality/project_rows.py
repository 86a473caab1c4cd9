"""What hangs from a project: every table whose rows end with it, of any app.

Read from the foreign keys themselves, so that a new table is never forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

from django.apps import apps
from django.db.models import CASCADE, PROTECT, SET_NULL, ForeignKey, Model, Q, QuerySet
from django.utils import timezone

from annotation.models import Project
from annotation.models.leased import Leased
from annotation.models.leases import QUEUED, RUNNING

Models = dict[type[Model], str]


@dataclass(frozen=True, slots=True)
class Hanging:
    """A table of rows that are a project's: ``path`` leads from a row to its project."""

    model: type[Model]
    path: str

    def rows(self, project: Project) -> QuerySet[Model]:
        return self.model._default_manager.filter(**{self.path: project.pk})


def hanging_tables() -> list[Hanging]:
    """Who refers to another table comes before it; the project itself is last."""
    paths = _paths()
    order: TopologicalSorter[type[Model]] = TopologicalSorter(dict.fromkeys(paths, ()))
    for model in paths:
        for field in _keys(model):
            if field.related_model in paths and field.related_model is not model:
                order.add(field.related_model, model)
    return [Hanging(model, paths[model]) for model in order.static_order()]


def loose_ends() -> list[tuple[type[Model], str, str]]:
    """(model, field, path): keys to a project's rows that are emptied when these go."""
    paths = _paths()
    return [
        (model, field.name, _joined(field.name, paths[field.related_model]))
        for model in apps.get_models()
        if model not in paths
        for field in _keys(model)
        if field.related_model in paths and field.remote_field.on_delete is SET_NULL
    ]


def project_counts(project: Project) -> list[tuple[str, int]]:
    """(plural name, rows) of everything that ends with the project, the most first."""
    counts = [
        (str(table.model._meta.verbose_name_plural), table.rows(project).count())
        for table in hanging_tables()
        if table.model is not Project and not table.model._meta.auto_created
    ]
    return sorted([row for row in counts if row[1]], key=lambda row: (-row[1], row[0]))


def project_jobs(project: Project) -> list[str]:
    """The runs and jobs that use the project now: waiting, running, or in a worker's hands."""
    busy = Q(state__in=(QUEUED, RUNNING)) | Q(lease_expires_at__gt=timezone.now())
    return [
        str(job)
        for table in hanging_tables()
        if issubclass(table.model, Leased)
        for job in table.rows(project).filter(busy).order_by("pk")
    ]


def _paths() -> Models:
    """Model -> the shortest way to its project."""
    paths: Models = {Project: "pk"}
    ring: list[type[Model]] = [Project]
    while ring:
        ring = [
            model
            for model in apps.get_models(include_auto_created=True)
            if model not in paths and _take(model, paths, set(ring))
        ]
    return paths


def _take(model: type[Model], paths: Models, ring: set[type[Model]]) -> bool:
    for field in _keys(model):
        ends = field.remote_field.on_delete in (CASCADE, PROTECT) and not field.null
        if ends and field.related_model in ring:
            paths[model] = _joined(field.name, paths[field.related_model])
            return True
    return False


def _joined(field: str, path: str) -> str:
    return f"{field}__{path}"


def _keys(model: type[Model]) -> list[ForeignKey[Any, Any]]:
    return [field for field in model._meta.get_fields() if isinstance(field, ForeignKey)]
