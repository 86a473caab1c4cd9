"""The resolutions as an outbox: readers pull past a position, nobody is called."""

from __future__ import annotations

from django.db.models import QuerySet

from annotation.models import Project, Resolution


def resolutions_after(
    position: int, limit: int = 1000, project: Project | None = None
) -> QuerySet[Resolution]:
    """Resolutions with id > ``position`` in order of id; item and pair loaded."""
    rows = Resolution.objects.filter(pk__gt=position).select_related("item", "pair")
    if project is not None:
        rows = rows.filter(pair__project=project)
    return rows.order_by("pk")[:limit]
