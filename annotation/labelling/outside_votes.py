"""Votes from another tool: new ones, corrected ones, and late ones on a decided item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from annotation.cot.errors import Conflict, Invalid
from annotation.cot.labels import LabelInput, with_implied_value
from annotation.labelling.items import judged_steps
from annotation.labelling.outside_people import staff_refuse
from annotation.labelling.queue import queue_ask
from annotation.labelling.submit import label_submit
from annotation.models import Assignment, QueueItem, Rollout, StepLabel, Submission
from annotation.models.queue import IN_A_SLOT, LIVE_STATES
from annotation.pairs.readers.label_studio_answers import PersonAnswers


@dataclass(slots=True)
class VoteCounts:
    created: int = 0
    existing: int = 0
    changed: int = 0
    joined: int = 0


def votes_store(*, rollout: Rollout, judgments: Mapping[User, PersonAnswers]) -> VoteCounts:
    """Inside a transaction: what each person said about a rollout, unless it is there.

    Raises:
        Denied: a new or changed vote of an account of staff.
        Conflict: the item is decided and somebody changed their mind, or others are at it.
        Invalid: more people than the project's ``max_overlap``.
    """
    counts, new = VoteCounts(), {}
    for person, one in judgments.items():
        stored = _stored(rollout, person)
        if stored is None:
            new[person] = one
        elif _is_known(stored, one):
            counts.existing += 1
        else:
            _supersede(stored, person, one)
            counts.changed += 1
    if new:
        _add(rollout, new, counts)
    return counts


def _stored(rollout: Rollout, person: User) -> Submission | None:
    """What the person said about it last; gold answers are tests and no votes."""
    return (
        Submission.objects.filter(
            assignment__item__rollout=rollout, annotator=person, undone_at=None
        )
        .exclude(assignment__item__state=QueueItem.State.GOLD)
        .select_related("assignment")
        .order_by("-pk")
        .first()
    )


def _is_known(stored: Submission, judgment: PersonAnswers) -> bool:
    """Whether the file says the same as we have, or what was said before that."""
    item = stored.assignment.item
    labels = {
        label.kind: (label.verdict, label.value, label.comment or label.reason)
        for label in StepLabel.objects.filter(submission=stored)
    }
    told = {
        label.kind: (label.verdict, label.value, label.comment or label.reason)
        for label in _judged(item, judgment.labels)
    }
    if labels == told:
        return True
    if judgment.changed_at is None:
        raise Conflict(
            f"{stored.annotator.username} says something else about step "
            f"{_differing(labels, told)} than before, but the file does not say when "
            f"(updated_at), so which is newer is not known"
        )
    return judgment.changed_at <= stored.created_at


def _supersede(stored: Submission, person: User, judgment: PersonAnswers) -> None:
    """Take the earlier submission back and submit the new one; both stay in the history."""
    staff_refuse(person)
    claim = stored.assignment
    item = QueueItem.objects.select_for_update().get(pk=claim.item_id)
    if item.state not in LIVE_STATES:
        raise Conflict(
            f"{person.username} changed what they said, but the item is {item.state}: "
            f"a lead reopens item {item.pk}, then import again"
        )
    Submission.objects.filter(pk=stored.pk).update(undone_at=timezone.now())
    Assignment.objects.filter(pk=claim.pk).update(state=Assignment.State.CLAIMED)
    QueueItem.objects.filter(pk=item.pk).update(state=QueueItem.State.OPEN)
    _submit(item, claim, person, judgment, judgment.changed_at)


def _add(rollout: Rollout, new: Mapping[User, PersonAnswers], counts: VoteCounts) -> None:
    for person in new:
        staff_refuse(person)
    item = _item(rollout, len(new))
    decided = item.state == QueueItem.State.RESOLVED
    # A full or decided item takes a late vote: it is wide enough now and open for a moment,
    # within this transaction and the item's lock.
    QueueItem.objects.filter(pk=item.pk).update(
        state=QueueItem.State.OPEN, overlap=item.overlap
    )
    for person, judgment in new.items():
        _submit(item, _slot(item, person), person, judgment, judgment.created_at)
    if decided:
        QueueItem.objects.filter(pk=item.pk).update(state=QueueItem.State.RESOLVED)
        counts.joined += len(new)
    counts.created += len(new)


def _item(rollout: Rollout, people: int) -> QueueItem:
    """The live item, else the decided one, else a new one; locked, and wide enough."""
    project = rollout.pair.project
    items = QueueItem.objects.filter(rollout=rollout).select_for_update().order_by("-pk")
    item = (
        items.filter(state__in=LIVE_STATES).first()
        or items.filter(state=QueueItem.State.RESOLVED).first()
    )
    if item is None:
        opened = queue_ask(rollout=rollout, overlap=max(people, project.overlap))
        item = items.get(pk=opened.pk)
    submitted = item.assignments.filter(state=Assignment.State.SUBMITTED).count()
    if submitted + people > max(item.overlap, project.max_overlap):
        raise Invalid(
            f"{submitted + people} people judged this item, and the project's max_overlap is "
            f"{project.max_overlap}: raise it, then import again"
        )
    item.overlap = max(item.overlap, submitted + people)
    return item


def _slot(item: QueueItem, person: User) -> Assignment:
    live = item.assignments.filter(state__in=IN_A_SLOT)
    if live.filter(annotator=person).exists():
        raise Conflict(f"{person.username} holds this item now")
    free = set(range(item.overlap)) - set(live.values_list("slot", flat=True))
    if not free:
        raise Conflict("others hold this item now; import again later")
    now = timezone.now()
    return Assignment.objects.create(
        item=item, annotator=person, slot=min(free), claimed_at=now, expires_at=now
    )


def _submit(
    item: QueueItem,
    claim: Assignment,
    person: User,
    judgment: PersonAnswers,
    when: datetime | None,
) -> None:
    """With the date that it was said on: throughput, agreement by week and the forecast go by
    it."""
    now = timezone.now()
    moment = when or now
    number = Submission.objects.filter(assignment=claim).count()
    submission = label_submit(
        assignment=claim,
        annotator=person,
        client_key=f"imported-{claim.pk}-{number}",
        labels=_judged(item, judgment.labels),
        active_ms=judgment.active_ms,
        now=moment,
    )
    StepLabel.objects.filter(submission=submission.pk).update(created_at=moment)
    Submission.objects.filter(pk=submission.pk).update(
        created_at=judgment.changed_at or moment, imported_at=now
    )
    Assignment.objects.filter(pk=claim.pk).update(
        claimed_at=moment - timedelta(milliseconds=judgment.active_ms), expires_at=moment
    )


def _judged(item: QueueItem, labels: Sequence[LabelInput]) -> list[LabelInput]:
    """Of the steps that the item asks about; a bare value says by itself whether the step is
    right, and a step that is called correct has the claimed value."""
    steps = judged_steps(item.rollout)
    judged = []
    for label in labels:
        if label.kind not in item.kinds:
            continue
        step = steps.get(label.kind)
        if not label.verdict:
            right = step is not None and label.value == step.claimed
            label = replace(label, verdict="correct" if right else "incorrect")
        judged.append(with_implied_value(label, step))
    return judged


def _differing(one: Mapping[int, object], other: Mapping[int, object]) -> str:
    kinds = sorted(kind for kind in {*one, *other} if one.get(kind) != other.get(kind))
    return ", ".join(map(str, kinds))
