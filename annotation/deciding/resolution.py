"""From several people's labels to one decided verdict and value a step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotation.cot.errors import Conflict, Denied, Invalid
from annotation.cot.steps import OPEN_KINDS, VALUES, StepKind
from annotation.cot.wording import listing
from annotation.cot.wording import wording as _
from annotation.deciding.causes import cause_keys
from annotation.deciding.consensus import Decision, Vote, decide, votes_wanted
from annotation.deciding.fits_select import skills_of
from annotation.deciding.reviews import review_draw, review_reopened
from annotation.labelling.items import items_due_for_resolution
from annotation.labelling.passed import is_passed_by_everybody, unrateable_votes
from annotation.labelling.skips import unrateable_note
from annotation.models import Assignment, QueueItem, Resolution, Step, StepLabel
from annotation.models.queue import LIVE_STATES
from annotation.people.roles import Role, has_role


@dataclass(frozen=True, slots=True)
class StepDecision:
    """What a lead decides for one step; ``value`` is "" for steps 1-2."""

    verdict: str
    value: str = ""


@transaction.atomic
def item_resolve(*, item: QueueItem, ordinal_median: bool = False) -> str:
    """Decide a fully labelled item; returns its new state.

    Everybody says that it cannot be judged: DROPPED; only some: SPLIT, for a lead.
    All steps agreed: RESOLVED. Some split, or left out by people: one more person is asked
    while the project's ``max_overlap`` allows it, else SPLIT for a lead; what was agreed is
    kept either way then.
    An item that is not LABELLED is left alone, so a repeated call is harmless.
    """
    item = QueueItem.objects.select_for_update().get(pk=item.pk)
    if item.state != QueueItem.State.LABELLED:
        return item.state
    if unrateable := list(unrateable_votes(item)):
        return _ratability(item, unrateable)
    decisions = item_decisions(item, ordinal_median=ordinal_median)
    split = any(decision.status == "split" for decision in decisions.values())
    if split and item.overlap < item.project.max_overlap:
        item.overlap += 1
        return _save(item, QueueItem.State.OPEN)
    _record(item, decisions, Resolution.Source.CONSENSUS)
    if split:
        return _save(item, QueueItem.State.SPLIT)
    review_draw(item=item)
    return _save(item, QueueItem.State.RESOLVED)


@transaction.atomic
def item_resolve_due(*, item: QueueItem, now: datetime | None = None) -> str:
    """Decide an item whose time to undo is over; returns its state.

    An item that was undone and submitted again since it was listed waits anew: undo and submit
    take the item's lock too.
    """
    item = QueueItem.objects.select_for_update().get(pk=item.pk)
    if not items_due_for_resolution(now=now).filter(pk=item.pk).exists():
        return item.state
    return item_resolve(item=item)


@transaction.atomic
def item_adjudicate(
    *,
    item: QueueItem,
    lead: User,
    decisions: Mapping[int, StepDecision],
    cause: str = "",
    comment: str = "",
) -> list[Resolution]:
    """A lead's word on the steps given; it outranks consensus.

    Every step on which people split must be decided; others may be. The item is RESOLVED.

    Raises:
        Denied: not a lead.
        Conflict: nothing to adjudicate (any more).
        Invalid: an undecided split step, a bad verdict, value or cause.
    """
    if not has_role(lead, Role.LEAD):
        raise Denied(_("only a lead may adjudicate"))
    if cause and cause not in cause_keys():
        raise Invalid(_("cause must be one of %(those)s", those=listing(cause_keys())))
    item = QueueItem.objects.select_for_update().get(pk=item.pk)
    waiting = item.state in (QueueItem.State.SPLIT, QueueItem.State.LABELLED)
    if not waiting and not is_passed_by_everybody(item):
        raise Conflict(_("this item is not waiting for adjudication"))
    votes = votes_of(item)
    automatic = item_decisions(item)
    undecided = {k for k, d in automatic.items() if d.status == "split"} - set(decisions)
    if undecided:
        raise Invalid(_("decide step %(kind)s too", kind=min(undecided)))
    steps = {step.kind: step for step in item.rollout.steps.all()}
    for kind, decision in decisions.items():
        _check_decision(item, kind, decision, steps.get(kind))
    if item.state == QueueItem.State.LABELLED:
        kept = {k: d for k, d in automatic.items() if k not in decisions}
        _record(item, kept, Resolution.Source.CONSENSUS)
    decided = {
        kind: _as_decision(decision, votes.get(kind, []))
        for kind, decision in decisions.items()
    }
    rows = _record(item, decided, Resolution.Source.ADJUDICATED, lead, cause)
    if comment.strip():
        item.note = comment.strip()
    _save(item, QueueItem.State.RESOLVED)
    return rows


@transaction.atomic
def item_reopen(*, item: QueueItem, lead: User, reason: str) -> QueueItem:
    """Put a closed item back: to the lead when it has labels enough, else to the annotators.

    Raises:
        Denied: not a lead.
        Conflict: not closed, or its rollout is in the queue by another item.
    """
    if not has_role(lead, Role.LEAD):
        raise Denied(_("only a lead may reopen an item"))
    item = QueueItem.objects.select_for_update().get(pk=item.pk)
    if item.state not in (QueueItem.State.RESOLVED, QueueItem.State.DROPPED):
        raise Conflict(_("this item is not closed"))
    live = QueueItem.objects.filter(
        rollout=item.rollout_id,
        state__in=LIVE_STATES,
    )
    if live.exists():
        raise Conflict(_("this rollout is in the queue again already"))
    submitted = item.assignments.filter(state=Assignment.State.SUBMITTED).count()
    item.note = f"reopened: {reason.strip()}"
    review_reopened(item=item, lead=lead, note=reason)
    full = submitted >= item.overlap
    _save(item, QueueItem.State.SPLIT if full else QueueItem.State.OPEN)
    return item


def item_decisions(item: QueueItem, *, ordinal_median: bool = False) -> dict[int, Decision]:
    """What the labels of an item come to, by the project's way of merging them.

    All steps are a lead's where labels do not settle it: somebody says that the item cannot be
    judged, or it still wants people.
    """
    votes, skills = votes_of(item), skills_of(item.project)
    if item.state == QueueItem.State.OPEN or unrateable_votes(item).exists():
        return {kind: Decision("split", n=len(votes.get(kind, []))) for kind in item.kinds}
    return {
        kind: decide(
            votes.get(kind, []),
            kind,
            ordinal_median=ordinal_median,
            skill=skills.get(kind),
            wanted=votes_wanted(
                votes,
                kind,
                overlap=item.overlap,
                first_error_only=item.project.first_error_only,
            ),
        )
        for kind in item.kinds
    }


def votes_of(item: QueueItem) -> dict[int, list[Vote]]:
    """The valid labels of an item by step kind: submitted and not undone."""
    votes: dict[int, list[Vote]] = defaultdict(list)
    labels = StepLabel.objects.filter(item=item, submission__undone_at=None)
    for label in labels.order_by("pk"):
        votes[label.kind].append(Vote(label.annotator_id, label.verdict, label.value))
    return votes


def label_versions(item: QueueItem) -> dict[int, int]:
    """Step kind -> the oldest guideline version among the labels that count."""
    versions: dict[int, int] = {}
    labels = StepLabel.objects.filter(item=item, submission__undone_at=None)
    for kind, version in labels.values_list("kind", "guideline_version"):
        versions[kind] = min(version, versions.get(kind, version))
    return versions


def _ratability(item: QueueItem, unrateable: list[Assignment]) -> str:
    """``item`` is labelled; ``unrateable`` are those who could not judge it."""
    judged = item.assignments.filter(state=Assignment.State.SUBMITTED)
    if judged.count() > len(unrateable):
        return _save(item, QueueItem.State.SPLIT)
    item.note = unrateable_note(unrateable)
    return _save(item, QueueItem.State.DROPPED)


def _save(item: QueueItem, state: str) -> str:
    item.state = state
    closed = state in (QueueItem.State.RESOLVED, QueueItem.State.DROPPED)
    item.closed_at = timezone.now() if closed else None
    item.save(update_fields=["state", "overlap", "note", "closed_at"])
    return state


def _record(
    item: QueueItem,
    decisions: Mapping[int, Decision],
    source: str,
    lead: User | None = None,
    cause: str = "",
) -> list[Resolution]:
    steps = {step.kind: step for step in item.rollout.steps.all()}
    current = item.project.guideline_version
    # A lead decides by today's guideline; people did by the one they saw.
    versions = {} if lead else label_versions(item)
    rows = [
        Resolution(
            item=item,
            pair=item.rollout.pair,
            kind=kind,
            # A step that the text lacks has a true value but no verdict of its own.
            verdict=decision.verdict if kind in steps else "",
            value=decision.value,
            source=source,
            n=decision.n,
            agreement=decision.agreement,
            step_sha256=steps[kind].sha256 if kind in steps else "",
            decided_by=lead,
            cause=cause,
            method="" if lead else decision.method,
            guideline_version=versions.get(kind, current),
        )
        for kind, decision in sorted(decisions.items())
        if decision.status == "agreed"
    ]
    return Resolution.objects.bulk_create(rows)


def _check_decision(
    item: QueueItem, kind: int, decision: StepDecision, step: Step | None
) -> None:
    if kind not in item.kinds:
        raise Invalid(_("this item does not ask about step %(kind)s", kind=kind))
    if decision.verdict not in ("correct", "incorrect"):
        raise Invalid(_("step %(kind)s: decide correct or incorrect", kind=kind))
    if step is None and decision.verdict == "correct":
        raise Invalid(
            _("step %(kind)s is missing from the text, so it cannot be correct", kind=kind)
        )
    if kind in OPEN_KINDS:
        return
    if decision.value not in VALUES[StepKind(kind)]:
        raise Invalid(_("step %(kind)s: choose the true value", kind=kind))
    if step is not None and decision.verdict == "correct" and decision.value != step.value:
        raise Invalid(
            _(
                "step %(kind)s: it is correct only when the value is %(value)s",
                kind=kind,
                value=step.value,
            )
        )


def _as_decision(decision: StepDecision, votes: list[Vote]) -> Decision:
    same = [v for v in votes if (v.verdict, v.value) == (decision.verdict, decision.value)]
    share = len(same) / len(votes) if votes else 0.0
    return Decision("agreed", decision.verdict, decision.value, share, len(votes))
