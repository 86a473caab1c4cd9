"""Flags for leads, and those that a person raised."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.models import QuerySet

from annotation.models import Flag, Project, QueueItem


def open_flags(project: Project | None = None) -> QuerySet[Flag]:
    """What leads have not answered yet, oldest first; item, pair and people loaded."""
    flags = _loaded().filter(settled_at=None)
    return flags if project is None else flags.filter(item__project=project)


def flags_by(person: User) -> QuerySet[Flag]:
    """What a person flagged, newest first, with the answers."""
    return _loaded().filter(raised_by=person).order_by("-pk")


def open_flags_of(item: QueueItem) -> dict[int | None, list[Flag]]:
    """Step kind (None: the item) -> its open flags."""
    by_kind: dict[int | None, list[Flag]] = {}
    for flag in Flag.objects.filter(item=item, settled_at=None):
        by_kind.setdefault(flag.kind, []).append(flag)
    return by_kind


def _loaded() -> QuerySet[Flag]:
    return Flag.objects.select_related(
        "raised_by", "settled_by", "item__project", "item__rollout__pair__product"
    )
