"""Flags: an annotator points a lead at a step or an item, a lead answers."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotation.cot.errors import Conflict, Denied, Invalid
from annotation.cot.storable import storable
from annotation.cot.wording import wording as _
from annotation.models import Flag, QueueItem
from annotation.people.roles import Role, has_role

MAX_REASON = 500


@transaction.atomic
def flag_raise(*, item: QueueItem, person: User, reason: str, kind: int | None = None) -> Flag:
    """Point the leads at ``item``, or at its step ``kind``. It stays in the queue as it is.

    The same flag again, while it is open, is the same flag.

    Raises:
        Denied: the person was never given this item.
        Invalid: no reason, too long a one, or a step that the item does not ask about.
    """
    given = item.assignments.filter(annotator=person).exists()
    if not given and not has_role(person, Role.LEAD):
        raise Denied(_("you can flag only items that you were given"))
    text = storable(reason.strip())
    if not text or len(text) > MAX_REASON:
        raise Invalid(_("say why, in at most %(n)s characters", n=MAX_REASON))
    if kind is not None and kind not in item.kinds:
        raise Invalid(_("this item does not ask about this step"))
    # The item's lock makes two sends of one flag wait for each other.
    QueueItem.objects.select_for_update().get(pk=item.pk)
    flag, _created = Flag.objects.get_or_create(
        item=item, kind=kind, raised_by=person, reason=text, settled_at=None
    )
    return flag


@transaction.atomic
def flag_settle(*, flag: Flag, lead: User, answer: str = "") -> Flag:
    """Close a flag; whoever raised it sees the answer.

    Raises:
        Denied: not a lead.
        Conflict: somebody settled it before.
    """
    if not has_role(lead, Role.LEAD):
        raise Denied(_("only a lead may settle a flag"))
    flag = Flag.objects.select_for_update().get(pk=flag.pk)
    if flag.settled_at is not None:
        raise Conflict(_("this flag was settled before"))
    flag.settled_by, flag.settled_at = lead, timezone.now()
    flag.answer = storable(answer.strip())[:2000]
    flag.save(update_fields=["settled_by", "settled_at", "answer"])
    return flag
