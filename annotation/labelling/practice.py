"""Practice for new annotators: items whose answers a lead explained, compared at once.

Nothing of it is a label. Who was told the answers is not checked by that item any more, and is
not asked about its pair.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db.models import QuerySet

from annotation.cot.errors import Conflict
from annotation.cot.gold import label_answers, wrong_kinds
from annotation.cot.labels import LabelInput
from annotation.cot.wording import wording as _
from annotation.models import Assignment, GoldItem, GoldTry, Practice, QueueItem

MOST = 3  # of a project's, so that enough gold is left to check people by


def practice_items(user: User, project_id: int) -> QuerySet[GoldItem]:
    """The explained gold items that everybody practises on, in their order, but those by which
    this person was checked and those that they made."""
    explained = GoldItem.objects.filter(project=project_id, active=True).exclude(note="")
    first = list(explained.order_by("pk").values_list("pk", flat=True)[:MOST])
    checked = GoldTry.objects.filter(annotator=user).values("gold")
    return (
        explained.filter(pk__in=first)
        .exclude(pk__in=checked)
        .exclude(created_by=user)
        .select_related("project", "rollout__pair__product")
        .prefetch_related("rollout__steps")
        .order_by("pk")
    )


def practice_offered(user: User, project_id: int) -> bool:
    """Before the first submission in a project that has something to practise on."""
    own = Assignment.objects.filter(
        annotator=user, item__project=project_id, state=Assignment.State.SUBMITTED
    )
    begun = own.exclude(item__state=QueueItem.State.GOLD)
    return not begun.exists() and practice_items(user, project_id).exists()


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
