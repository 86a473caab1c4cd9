"""Gold items: made by leads, mixed into a person's queue, scored on submit."""

from __future__ import annotations

import random
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotation.cot.errors import Conflict, Denied, Invalid
from annotation.cot.gold import answer_errors, label_answers, score_of, wrong_kinds
from annotation.cot.labels import LabelInput
from annotation.cot.wording import wording as _
from annotation.labelling.gold_select import (
    gold_candidates,
    gold_projects,
    gold_try_answers,
    importable_rollouts,
    is_new,
    resolved_answers,
    unanswered_try,
)
from annotation.labelling.items import default_kinds, judged_steps
from annotation.labelling.pauses import pause_check
from annotation.models import Assignment, GoldItem, GoldTry, Project, QueueItem, Rollout
from annotation.people.roles import Role, has_role

Purpose = GoldTry.Purpose


@transaction.atomic
def gold_save(
    *,
    rollout: Rollout,
    lead: User | None,
    answers: Mapping[str, str],
    note: str = "",
    source: str = GoldItem.Source.LEAD,
) -> GoldItem:
    """Make a rollout gold; saving one again replaces its answers and puts it back to use.

    Raises:
        Denied: not a lead.
        Invalid: no answer, or one that its step cannot have.
    """
    if lead is not None and not has_role(lead, Role.LEAD):
        raise Denied(_("only a lead may make gold"))
    if problem := answer_errors(answers):
        raise Invalid(problem)
    gold, _created = GoldItem.objects.update_or_create(
        rollout=rollout,
        defaults={
            "project": rollout.pair.project,
            "answers": dict(answers),
            "note": note.strip(),
            "source": source,
            "active": True,
            "created_by": lead,
        },
    )
    return gold


def gold_from_item(*, item: QueueItem, lead: User, note: str = "") -> GoldItem:
    """Make a resolved item gold, with what was decided as its answers.

    Raises:
        Denied: not a lead.
        Conflict: the item is not resolved.
    """
    if item.state != QueueItem.State.RESOLVED:
        raise Conflict(_("only a resolved item can become gold"))
    answers = resolved_answers(item)
    return gold_save(rollout=item.rollout, lead=lead, answers=answers, note=note)


@transaction.atomic
def gold_import(*, project: Project, lead: User, limit: int = 100) -> int:
    """Make gold of rollouts whose pair came with true values; returns how many.

    One rollout a pair, none that waits in the queue. Can be called at any time.

    Raises:
        Denied: not a lead.
    """
    made = 0
    for rollout in importable_rollouts(project, limit):
        answers = {key: str(value) for key, value in sorted(rollout.pair.gold.items())}
        if answer_errors(answers) is None:
            gold_save(
                rollout=rollout, lead=lead, answers=answers, source=GoldItem.Source.IMPORT
            )
            made += 1
    return made


def gold_retire(*, gold: GoldItem, lead: User, active: bool = False) -> GoldItem:
    """Take gold out of use, or put it back; what was answered stays counted."""
    if not has_role(lead, Role.LEAD):
        raise Denied(_("only a lead may retire gold"))
    gold.active = active
    gold.save(update_fields=["active"])
    return gold


def gold_serve(
    *,
    annotator: User,
    project: Project | None,
    expires: datetime,
    draw: float | None = None,
    barred: Collection[int] = (),
) -> Assignment | None:
    """A gold item for this person when one is due, else None; none of the ``barred`` projects.

    New people get ``gold_onboarding`` items first; after that each claim is gold with
    probability ``gold_percent``; ``draw`` in [0, 1) replaces the random number.
    """
    projects = [each for each in gold_projects(project) if each.pk not in barred]
    if not projects:  # what most projects have, and every claim asks
        return None
    with transaction.atomic():
        return _serve_first(projects, annotator, expires, draw)


def _serve_first(
    projects: Sequence[Project], annotator: User, expires: datetime, draw: float | None
) -> Assignment | None:
    for each in projects:
        purpose = _purpose(each, annotator, random.random() if draw is None else draw)
        if purpose and (claim := _serve(each, annotator, purpose, expires)):
            return claim
    return None


def gold_answered(*, item_id: int, labels: Iterable[LabelInput], now: datetime) -> GoldTry:
    """Score a submitted gold item and apply the pause rule; inside the submit's transaction."""
    row = GoldTry.objects.select_related("gold__project", "annotator").get(item=item_id)
    row.wrong = wrong_kinds(row.gold.answers, label_answers(list(labels)))
    row.score = score_of(row.gold.answers, row.wrong)
    row.answered_at = now
    row.save(update_fields=["wrong", "score", "answered_at"])
    if row.attempt == 1:
        pause_check(project=row.gold.project, annotator=row.annotator)
    return row


@transaction.atomic
def gold_retry(
    *, gold_try: GoldTry, annotator: User, now: datetime | None = None
) -> Assignment:
    """Open the next attempt at a gold item, with the last answers as the draft.

    Raises:
        Denied: somebody else's.
        Conflict: nothing was wrong, or no attempts are left.
    """
    if gold_try.annotator_id != annotator.pk:
        raise Denied(_("this gold item was asked of somebody else"))
    if not may_retry(gold_try):
        raise Conflict(_("there are no attempts left at this gold item"))
    moment = now or timezone.now()
    draft = {
        str(label.kind): {
            "verdict": label.verdict,
            "value": label.value,
            "reason": label.reason,
            "comment": label.comment,
        }
        for label in gold_try_answers(gold_try)
    }
    row = _open(gold_try.gold, annotator, Purpose(gold_try.purpose), gold_try.attempt + 1)
    return _hold(row, moment + timedelta(seconds=settings.LEASE_SECONDS), draft)


def may_retry(gold_try: GoldTry) -> bool:
    """Whether this is the last attempt so far, was wrong, and another one is allowed."""
    if not gold_try.wrong or gold_try.attempt >= gold_try.gold.project.gold_tries:
        return False
    later = GoldTry.objects.filter(
        gold=gold_try.gold_id,
        annotator=gold_try.annotator_id,
        attempt__gt=gold_try.attempt,
    )
    return not later.exists()


def gold_rescore(*, gold: GoldItem) -> None:
    """After the answers changed: every attempt is scored anew, and pauses that no longer
    hold are lifted."""
    people = set()
    for row in gold.tries.exclude(answered_at=None).select_related("annotator"):
        labels = [
            LabelInput(kind=label.kind, verdict=label.verdict, value=label.value)
            for label in gold_try_answers(row)
        ]
        row.wrong = wrong_kinds(gold.answers, label_answers(labels))
        row.score = score_of(gold.answers, row.wrong)
        row.save(update_fields=["wrong", "score"])
        people.add(row.annotator)
    for person in people:
        pause_check(project=gold.project, annotator=person)


def _purpose(project: Project, annotator: User, draw: float) -> Purpose | None:
    if project.gold_onboarding and is_new(annotator, project):
        return Purpose.ONBOARDING
    return Purpose.CONTINUOUS if draw < project.gold_percent / 100 else None


def _serve(
    project: Project, annotator: User, purpose: Purpose, expires: datetime
) -> Assignment | None:
    pending = unanswered_try(annotator, project)
    if pending is None:
        gold = _pick(gold_candidates(annotator, project), annotator.pk)
        if gold is None:
            return None
        try:
            with transaction.atomic():
                pending = _open(gold, annotator, purpose, 1)
        except IntegrityError:  # the same person in another window
            return None
    return _hold(pending, expires, {})


def _pick(candidates: Sequence[GoldItem], annotator_id: int) -> GoldItem | None:
    """An order of its own for each person, so that nobody can tell the next one from others."""
    return min(
        candidates,
        key=lambda gold: zlib.crc32(f"{annotator_id}:{gold.pk}".encode()),
        default=None,
    )


def _open(gold: GoldItem, annotator: User, purpose: Purpose, attempt: int) -> GoldTry:
    item = QueueItem.objects.create(
        project=gold.project,
        rollout=gold.rollout,
        reason=QueueItem.Reason.GOLD,
        state=QueueItem.State.GOLD,
        overlap=1,
        kinds=sorted(default_kinds(gold.rollout, judged_steps(gold.rollout))),
    )
    return GoldTry.objects.create(
        gold=gold, annotator=annotator, attempt=attempt, item=item, purpose=purpose
    )


def _hold(gold_try: GoldTry, expires: datetime, draft: Mapping[str, object]) -> Assignment:
    """An earlier hold that ran out or was put off is over; its draft is kept."""
    earlier = gold_try.item.assignments.order_by("-pk").first()
    gold_try.item.assignments.filter(state=Assignment.State.CLAIMED).update(
        state=Assignment.State.EXPIRED
    )
    return Assignment.objects.create(
        item=gold_try.item,
        annotator_id=gold_try.annotator_id,
        slot=0,
        expires_at=expires,
        draft=earlier.draft if earlier else dict(draft),
        draft_version=earlier.draft_version if earlier else 0,
    )
