"""A second look at a share of what resolved by itself."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotation.cot.draws import is_drawn
from annotation.cot.errors import Conflict, Denied
from annotation.cot.wording import wording as _
from annotation.models import QueueItem, Review
from annotation.people.roles import Role, has_role


def review_draw(*, item: QueueItem) -> Review | None:
    """Put a resolved item on the review list, or not, by the project's share.

    The draw depends on the item alone, so resolving it again draws the same.
    """
    if not is_drawn("review", item.pk, item.project.review_percent):
        return None
    review, _ = Review.objects.get_or_create(item=item, state=Review.State.DUE)
    return review


@transaction.atomic
def review_accept(*, review: Review, lead: User, note: str = "") -> Review:
    """What was decided stands.

    Raises:
        Denied: not a lead.
        Conflict: decided already.
    """
    if not has_role(lead, Role.LEAD):
        raise Denied(_("only a lead may review"))
    locked = Review.objects.select_for_update().get(pk=review.pk)
    if locked.state != Review.State.DUE:
        raise Conflict(_("this item was reviewed already"))
    locked.state, locked.note = Review.State.ACCEPTED, note.strip()
    locked.reviewer, locked.decided_at = lead, timezone.now()
    locked.save()
    return locked


def review_reopened(*, item: QueueItem, lead: User, note: str) -> None:
    """The item was reopened, which answers a review that was due."""
    Review.objects.filter(item=item, state=Review.State.DUE).update(
        state=Review.State.REOPENED,
        reviewer=lead,
        decided_at=timezone.now(),
        note=note.strip(),
    )
