"""What a person submitted."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.models import QuerySet

from annotation.models import Submission


def recent_submissions(user: User, limit: int = 10) -> QuerySet[Submission]:
    """The person's receipts, newest first, undone ones left out; assignment and item loaded."""
    return (
        Submission.objects.filter(assignment__annotator=user, undone_at=None)
        .select_related("assignment__item")
        .order_by("-pk")[:limit]
    )
