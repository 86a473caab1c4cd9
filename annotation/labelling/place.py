"""Where somebody is in their work: in which project, how far, and what they saw before."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User

from annotation.labelling.claims import ShownItem
from annotation.labelling.queue_select import claimable
from annotation.models import Assignment, Project, QueueItem

MOST = 1000  # more are not counted: every page asks


@dataclass(frozen=True, slots=True)
class Place:
    """``number`` of ``total``: what the person submitted in the project, this item, and what
    waits for them. ``more``: there are more than ``total``. Gold is in neither, so that the
    numbers do not give it away."""

    number: int
    total: int
    more: bool


def place_of(user: User, project_id: int) -> Place:
    own = Assignment.objects.filter(
        annotator=user, item__project=project_id, state=Assignment.State.SUBMITTED
    )
    done = own.exclude(item__state=QueueItem.State.GOLD).count()
    waiting = claimable(user, project_id)[: MOST + 1].count()
    return Place(done + 1, done + min(max(waiting, 1), MOST), waiting > MOST)


def last_project(user: User) -> Project | None:
    """Of the person's newest claim: where they go on."""
    own = Assignment.objects.filter(annotator=user).select_related("item__project")
    newest = own.order_by("-pk").first()
    return None if newest is None else newest.item.project


def answered_before(user: User, item: ShownItem) -> Assignment | None:
    """The person's newest earlier answer to the same text, when an item of it is back."""
    if item.reason == QueueItem.Reason.GOLD:
        return None
    earlier = Assignment.objects.filter(
        annotator=user,
        item__rollout=item.rollout.id,
        state=Assignment.State.SUBMITTED,
    ).exclude(item=item.id)
    return earlier.exclude(item__state=QueueItem.State.GOLD).order_by("-pk").first()
