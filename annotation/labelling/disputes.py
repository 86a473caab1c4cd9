"""Disputed gold: an annotator says the gold is wrong, a lead decides, the trail stays."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotation.cot.errors import Conflict, Denied, Invalid
from annotation.cot.gold import answer_errors
from annotation.cot.wording import wording as _
from annotation.labelling.gold import gold_rescore
from annotation.models import GoldDispute, GoldItem, GoldTry
from annotation.people.roles import Role, has_role


@transaction.atomic
def dispute_open(*, gold_try: GoldTry, annotator: User, reason: str) -> GoldDispute:
    """Say that a gold answer is wrong.

    Raises:
        Denied: somebody else's gold item.
        Invalid: no reason.
        Conflict: not answered yet, or disputed already.
    """
    if gold_try.annotator_id != annotator.pk:
        raise Denied(_("this gold item was asked of somebody else"))
    if not reason.strip():
        raise Invalid(_("say why the gold answer is wrong"))
    if gold_try.answered_at is None:
        raise Conflict(_("answer it first"))
    dispute, created = GoldDispute.objects.get_or_create(
        gold_try=gold_try,
        state=GoldDispute.State.OPEN,
        defaults={
            "gold": gold_try.gold,
            "reason": reason.strip(),
            "answers_before": gold_try.gold.answers,
        },
    )
    if not created:
        raise Conflict(_("you have disputed this gold item already; a lead will look at it"))
    return dispute


@transaction.atomic
def dispute_decide(
    *, dispute: GoldDispute, lead: User, answers: Mapping[str, str] | None, note: str = ""
) -> GoldDispute:
    """Uphold the gold (``answers`` None or unchanged) or change it; then all attempts are
    scored anew.

    Raises:
        Denied: not a lead.
        Conflict: decided already.
        Invalid: answers that cannot be gold.
    """
    if not has_role(lead, Role.LEAD):
        raise Denied(_("only a lead may decide a dispute"))
    locked = GoldDispute.objects.select_for_update().get(pk=dispute.pk)
    if locked.state != GoldDispute.State.OPEN:
        raise Conflict(_("this dispute was decided already"))
    gold = GoldItem.objects.select_for_update().select_related("project").get(pk=locked.gold_id)
    changed = answers is not None and dict(answers) != gold.answers
    if changed and answers is not None:
        if problem := answer_errors(answers):
            raise Invalid(problem)
        locked.answers_before, locked.answers_after = gold.answers, dict(answers)
        gold.answers = dict(answers)
        gold.save(update_fields=["answers"])
        gold_rescore(gold=gold)
    states = GoldDispute.State
    locked.state = states.CHANGED if changed else states.UPHELD
    locked.decided_by, locked.decided_at = lead, timezone.now()
    locked.decision_note = note.strip()
    locked.save()
    return locked
