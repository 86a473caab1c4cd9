"""Who may label what: a project's pool, and items that are kept for some people."""

from __future__ import annotations

from collections.abc import Collection

from django.contrib.auth.models import User
from django.db import transaction

from annotation.cot.errors import Conflict, Denied, Invalid
from annotation.cot.wording import wording as _
from annotation.models import Assignment, QueueItem
from annotation.people.roles import Role, has_role


def pool_check(*, overlap: int, people: Collection[User]) -> None:
    """Raises Invalid when so few people could never give an item its ``overlap``."""
    if people and len(people) < overlap:
        raise Invalid(
            _("an item needs %(n)s people; name as many, or nobody for all", n=overlap)
        )


@transaction.atomic
def item_reserve(*, item: QueueItem, people: Collection[User], lead: User) -> QueueItem:
    """Only ``people`` can claim the item from now on; nobody named: the project's pool again.

    What others have claimed or submitted stays theirs and counts.

    Raises:
        Denied: not a lead.
        Conflict: the item is not open.
        Invalid: too few people are left to finish it, or one who may not label here.
    """
    if not has_role(lead, Role.LEAD):
        raise Denied(_("only a lead may reserve items"))
    locked = QueueItem.objects.select_for_update(of=("self",)).get(pk=item.pk)
    if locked.state != QueueItem.State.OPEN:
        raise Conflict(_("this item is not open"))
    pool = set(locked.project.pool.values_list("pk", flat=True))
    for person in people:
        if not has_role(person, Role.ANNOTATOR) or (pool and person.pk not in pool):
            raise Invalid(_("%(name)s does not label in this project", name=person.username))
    live = locked.assignments.filter(
        state__in=(Assignment.State.CLAIMED, Assignment.State.SUBMITTED)
    )
    has_part = set(live.values_list("annotator_id", flat=True)) | {p.pk for p in people}
    if people and len(has_part) < locked.overlap:
        raise Invalid(_("this item needs %(n)s people", n=locked.overlap))
    locked.reserved_for.set(people)
    return locked
