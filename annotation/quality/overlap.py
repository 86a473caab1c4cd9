"""A changed overlap, for the items that were opened under the old one."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, F, Q, QuerySet

from annotation.cot.errors import Denied
from annotation.cot.wording import wording as _
from annotation.models import Assignment, Project, QueueItem
from annotation.models.queue import IN_A_SLOT
from annotation.people.roles import Role, has_role


def items_of_other_overlap(project: Project) -> QuerySet[QueueItem]:
    """Open items that ask another number of people than the project does now.

    Without those that are reserved, and those that have people enough and ask one more because
    they differed.
    """
    submitted = Q(assignments__state=Assignment.State.SUBMITTED)
    return (
        QueueItem.objects.filter(project=project, state=QueueItem.State.OPEN, reserved_for=None)
        .exclude(overlap=project.overlap)
        .annotate(submitted=Count("assignments", filter=submitted, distinct=True))
        .exclude(submitted__gte=project.overlap, overlap=F("submitted") + 1)
    )


def other_overlaps(project: Project) -> dict[int, int]:
    """People asked -> open items that :func:`overlap_apply` would change."""
    rows = items_of_other_overlap(project).values_list("overlap", flat=True)
    counts: dict[int, int] = {}
    for people in rows:
        counts[people] = counts.get(people, 0) + 1
    return dict(sorted(counts.items()))


@transaction.atomic
def overlap_apply(*, project: Project, lead: User) -> int:
    """Give the project's overlap to the open items; returns how many were changed.

    Who has judged an item or has it in hand keeps their place: the item asks for that many at
    least. One that has enough then is decided.

    Raises:
        Denied: not a lead.
    """
    if not has_role(lead, Role.LEAD):
        raise Denied(_("only a lead may change how many people an item asks"))
    project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    chosen = list(items_of_other_overlap(project).values_list("pk", flat=True))
    items = list(QueueItem.objects.select_for_update().filter(pk__in=chosen).order_by("pk"))
    rows = Assignment.objects.filter(item__in=chosen, state__in=IN_A_SLOT)
    states = QueueItem.State
    live: dict[int, list[str]] = {pk: [] for pk in chosen}
    for item_id, state in rows.values_list("item_id", "state"):
        live[item_id].append(state)
    changed = []
    for item in items:
        people = live[item.pk]
        overlap = max(project.overlap, len(people))
        if item.state != states.OPEN or overlap == item.overlap:
            continue
        item.overlap = overlap
        if people.count(Assignment.State.SUBMITTED) >= overlap:
            item.state = states.LABELLED
        changed.append(item)
    return QueueItem.objects.bulk_update(changed, ["overlap", "state"], batch_size=1000)
