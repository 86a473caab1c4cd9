"""Practice for new annotators: items whose answers a lead explained, compared at once.

Nothing of it is a label. Who was told the answers is not checked by that item any more, and is
not asked about its pair.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet, Window
from django.db.models.functions import RowNumber

from annotation.cot.errors import Conflict, InvalidLabels
from annotation.cot.gold import label_answers, wrong_kinds
from annotation.cot.labels import LabelInput, label_errors, with_implied_value
from annotation.cot.wording import wording as _
from annotation.labelling.items import judged_steps
from annotation.models import Assignment, GoldItem, GoldTry, Practice, QueueItem

MOST = 3  # of a project's, so that enough gold is left to check people by


def practice_items(user: User, project_id: int) -> QuerySet[GoldItem]:
    """What this person practises on in a project, in its order; ``done``: they were told."""
    told = Practice.objects.filter(gold=OuterRef("pk"), annotator=user)
    return (
        _for_practice(user, GoldItem.objects.filter(project=project_id))
        .annotate(done=Exists(told))
        .select_related("project", "rollout__pair__product")
        .prefetch_related("rollout__steps")
        .order_by("pk")
    )


def practice_left(user: User, project_id: int) -> QuerySet[GoldItem]:
    """What of it they were not told yet."""
    return practice_items(user, project_id).exclude(practised__annotator=user)


def practice_offers(user: User) -> set[int]:
    """The projects with something left to practise on, before the first submission there."""
    left = _for_practice(user, GoldItem.objects.all()).exclude(practised__annotator=user)
    own = Assignment.objects.filter(annotator=user, state=Assignment.State.SUBMITTED)
    begun = own.exclude(item__state=QueueItem.State.GOLD).values("item__project")
    return set(left.exclude(project__in=begun).values_list("project_id", flat=True))


def _for_practice(user: User, gold: QuerySet[GoldItem]) -> QuerySet[GoldItem]:
    """The first explained ones of each project, on which everybody practises, but those by
    which this person was checked and those that they made."""
    place = Window(RowNumber(), partition_by="project", order_by="pk")
    explained = gold.filter(active=True).exclude(note="").annotate(place=place)
    first = explained.filter(place__lte=MOST).values("pk")
    checked = GoldTry.objects.filter(annotator=user).values("gold")
    return (
        GoldItem.objects.filter(pk__in=first).exclude(pk__in=checked).exclude(created_by=user)
    )


def practice_checked(*, gold: GoldItem, labels: Sequence[LabelInput]) -> list[LabelInput]:
    """The labels with the values that "correct" implies.

    Raises:
        InvalidLabels: with what is wrong by step kind.
    """
    steps = judged_steps(gold.rollout)
    filled = [with_implied_value(label, steps.get(label.kind)) for label in labels]
    if errors := label_errors(filled, [int(key) for key in gold.answers], steps):
        raise InvalidLabels(errors)
    return filled


def practice_answer(
    *, gold: GoldItem, annotator: User, labels: Sequence[LabelInput]
) -> list[int]:
    """The steps that differ from the known answers, which the person is told now.

    Raises:
        Conflict: it is not one to practise on.
    """
    if not practice_items(annotator, gold.project_id).filter(pk=gold.pk).exists():
        raise Conflict(_("this is not an item to practise on"))
    Practice.objects.get_or_create(gold=gold, annotator=annotator)
    return wrong_kinds(gold.answers, label_answers(labels))
