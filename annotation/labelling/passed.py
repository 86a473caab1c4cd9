"""Items that nobody is left for: everybody who labels there has passed or judged them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from annotation.labelling.skip_table import Effect, skip_keys
from annotation.models import Assignment, Project, QueueItem
from annotation.people.roles import Role, people_with

_DONE = (Assignment.State.SUBMITTED, Assignment.State.SKIPPED)


def unrateable_votes(item: QueueItem) -> QuerySet[Assignment]:
    """Those who say that the item cannot be judged."""
    return Assignment.objects.filter(
        item=item, state=Assignment.State.SUBMITTED, skip__in=skip_keys(Effect.VOTE)
    ).order_by("pk")


def skips_of(item: QueueItem) -> QuerySet[Assignment]:
    """Every way in which somebody gave the item back, but for later."""
    given = Assignment.objects.filter(item=item).exclude(
        skip__in=["", *skip_keys(Effect.LATER)]
    )
    return given.order_by("pk")


def passed_by_everybody(project: Project | None = None) -> list[int]:
    """Ids of open items that somebody passed to others and no other person can take.

    Those who can: whom the item is reserved for, else the project's pool, else every active
    annotator (leads, who may label too, only where there is no annotator).
    """
    people = _people_done(project)
    reserved, pools = _reserved(people), _pools()
    annotators = _annotators() if people else set()
    return sorted(
        item
        for (item, place), done in people.items()
        if (reserved.get(item) or pools.get(place) or annotators) <= done
    )


def is_passed_by_everybody(item: QueueItem) -> bool:
    return item.state == QueueItem.State.OPEN and item.pk in passed_by_everybody(item.project)


def waiting_for_lead(project: Project | None = None) -> QuerySet[QueueItem]:
    """Split items and those passed by everybody, urgent and old first; rollout, pair and
    product loaded."""
    passed = Q(pk__in=passed_by_everybody(project))
    items = QueueItem.objects.filter(Q(state=QueueItem.State.SPLIT) | passed)
    if project is not None:
        items = items.filter(project=project)
    return items.select_related("project", "rollout__pair__product").order_by("-priority", "pk")


def _people_done(project: Project | None) -> dict[tuple[int, int], set[int]]:
    """(item, project) -> who judged or passed it, of the items that were passed at least once
    and that nobody holds."""
    same = Assignment.objects.filter(item=OuterRef("item"))
    holding = same.filter(state=Assignment.State.CLAIMED, expires_at__gt=timezone.now())
    rows = Assignment.objects.filter(
        Exists(same.filter(state=Assignment.State.SKIPPED)),
        ~Exists(holding),
        item__state=QueueItem.State.OPEN,
        state__in=_DONE,
    )
    if project is not None:
        rows = rows.filter(item__project=project)
    done: dict[tuple[int, int], set[int]] = defaultdict(set)
    for item, place, person in rows.values_list("item_id", "item__project_id", "annotator_id"):
        done[item, place].add(person)
    return done


def _reserved(items: dict[tuple[int, int], set[int]]) -> dict[int, set[int]]:
    rows = QueueItem.reserved_for.through.objects.filter(
        queueitem__in=[item for item, _ in items], user__is_active=True
    )
    return _grouped(rows.values_list("queueitem_id", "user_id"))


def _pools() -> dict[int, set[int]]:
    rows = Project.pool.through.objects.filter(user__is_active=True)
    return _grouped(rows.values_list("project_id", "user_id"))


def _grouped(rows: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    people: dict[int, set[int]] = defaultdict(set)
    for place, person in rows:
        people[place].add(person)
    return people


def _annotators() -> set[int]:
    own = User.objects.filter(is_active=True, groups__name=Role.ANNOTATOR)
    people = set(own.values_list("pk", flat=True))
    return people or set(people_with(Role.ANNOTATOR).values_list("pk", flat=True))
