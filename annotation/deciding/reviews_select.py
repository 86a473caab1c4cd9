"""What leads look at again: drawn reviews, and one item with all that happened to it."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from annotation.models import Project, QueueItem, Resolution, Review


def reviews_due(project: Project) -> QuerySet[Review]:
    """Oldest first; item, pair and product loaded."""
    return (
        Review.objects.filter(item__project=project, state=Review.State.DUE)
        .select_related("item__rollout__pair__product")
        .order_by("pk")
    )


def review_counts(project: Project) -> dict[str, int]:
    """Reviews by state; every state is present."""
    rows = (
        Review.objects.filter(item__project=project)
        .values_list("state")
        .annotate(n=Count("pk"))
    )
    return dict.fromkeys(Review.State.values, 0) | dict(rows)


def item_resolutions(item: QueueItem) -> QuerySet[Resolution]:
    """Every decision ever made on the item, the newest first."""
    return Resolution.objects.filter(item=item).select_related("decided_by").order_by("-pk")


def decided_now(item: QueueItem) -> dict[int, Resolution]:
    """Step kind -> the decision that stands."""
    standing = item_resolutions(item).filter(withdrawn_at=None)
    return {row.kind: row for row in standing.reverse()}


def reviewed_recently(project: Project, limit: int = 20) -> QuerySet[Review]:
    return (
        Review.objects.filter(~Q(state=Review.State.DUE), item__project=project)
        .select_related("item__rollout__pair", "reviewer")
        .order_by("-decided_at")[:limit]
    )
