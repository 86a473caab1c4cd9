"""Labels that people gave elsewhere, stored as their submissions."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotation.errors import Conflict, Invalid, StepwiseError
from annotation.importers.label_studio_said import Said, SaidTask, read_said
from annotation.importers.rows import RowError
from annotation.labels import LabelInput
from annotation.models import Assignment, Pair, Project, QueueItem, Rollout, Submission
from annotation.services.labels import label_submit
from annotation.services.pairs import KEPT_ERRORS, pair_hash, pairs_import
from annotation.services.queue import queue_open
from annotation.services.rollouts import rollout_record
from annotation.storable import storable

_LIVE = (Assignment.State.CLAIMED, Assignment.State.SUBMITTED)


@dataclass(slots=True)
class SubmissionReport:
    """``existing``: submissions that were there before; ``people``: accounts that were made;
    ``errors`` are the first hundred as (line, message)."""

    tasks: int = 0
    created: int = 0
    existing: int = 0
    people: int = 0
    error_count: int = 0
    errors: list[tuple[int, str]] = field(default_factory=list)

    def refuse(self, line: int, message: str) -> None:
        self.error_count += 1
        if len(self.errors) < KEPT_ERRORS:
            self.errors.append((line, message))


def submissions_import(
    *, project: Project, path: Path, split: str | None = None
) -> SubmissionReport:
    """Import a Label Studio file with its annotations as submissions of named people.

    Pairs and rollouts that are not there are made; nothing becomes gold. An annotator is the
    account with the same e-mail, else the same name, else a new one that cannot log in. The
    same file again changes nothing. Each task is stored whole or not at all. An item keeps
    waiting for the people that the file does not bring; consensus and adjudication go on from
    there.

    Raises:
        ImportFileError: the file as a whole cannot be read.
    """
    report = SubmissionReport()
    pairs_import(
        project=project,
        path=path,
        adapter="label-studio",
        skip_bad=True,
        split=split,
        gold=False,
    )
    for task in read_said(path):
        report.tasks += 1
        if isinstance(task, RowError):
            report.refuse(task.line, task.message)
            continue
        try:
            _task_store(project, task, report)
        except StepwiseError as error:
            report.refuse(task.line, error.message)
    return report


def _task_store(project: Project, task: SaidTask, report: SubmissionReport) -> None:
    counts = SubmissionReport()
    with transaction.atomic():
        rollout = _rollout(project, task)
        missing = []
        for said in task.people:
            person = _person(said, counts)
            if _has_said(rollout, person):
                counts.existing += 1
            else:
                missing.append((person, said))
        if missing:
            item = _item(project, rollout, len(task.people))
            for person, said in missing:
                _submit(item, person, said)
                counts.created += 1
    # Only what was kept is counted.
    report.created += counts.created
    report.existing += counts.existing
    report.people += counts.people


def _rollout(project: Project, task: SaidTask) -> Rollout:
    """Ours when the task names it and shows its text, else one made of the task's steps."""
    own = Rollout.objects.filter(pk=task.rollout_id or 0, pair__project=project).first()
    if own is not None and own.text.split() == task.text.split():
        return own
    pair = Pair.objects.filter(project=project, content_hash=pair_hash(task.pair)).first()
    if pair is None:
        raise Invalid("the pair could not be stored")
    # A number out of the text: the same steps are the same rollout when they come again.
    seed = int(hashlib.sha256(task.text.encode()).hexdigest()[:15], 16)
    return rollout_record(pair=pair, text=task.text, policy=task.policy, seed=seed)


def _person(said: Said, report: SubmissionReport) -> User:
    if said.email and (known := User.objects.filter(email__iexact=said.email).first()):
        return known
    name = storable(said.name)[:150]
    if known := User.objects.filter(username=name).first():
        return known
    report.people += 1
    made = User(username=name, email=storable(said.email)[:254], is_active=False)
    made.set_unusable_password()
    made.save()
    return made


def _has_said(rollout: Rollout, person: User) -> bool:
    return Assignment.objects.filter(
        item__rollout=rollout, annotator=person, state=Assignment.State.SUBMITTED
    ).exists()


def _item(project: Project, rollout: Rollout, people: int) -> QueueItem:
    """The live item, wide enough for everybody in the file."""
    item = queue_open(rollout=rollout, overlap=max(people, project.overlap))
    item = QueueItem.objects.select_for_update().get(pk=item.pk)
    if item.state != QueueItem.State.OPEN:
        raise Conflict("people are done with this item already")
    if item.overlap < people:
        item.overlap = people
        item.save(update_fields=["overlap"])
    return item


def _submit(item: QueueItem, person: User, said: Said) -> Submission:
    live = item.assignments.filter(state__in=_LIVE)
    if live.filter(annotator=person).exists():
        raise Conflict(f"{person.username} holds this item now")
    free = set(range(item.overlap)) - set(live.values_list("slot", flat=True))
    if not free:
        raise Conflict("others hold this item now; import again later")
    now = timezone.now()
    held = Assignment.objects.create(
        item=item, annotator=person, slot=min(free), claimed_at=now, expires_at=now
    )
    return label_submit(
        assignment=held,
        annotator=person,
        client_key=f"imported-{held.pk}",
        labels=_judged(item, said.labels),
        active_ms=said.active_ms,
        now=now,
    )


def _judged(item: QueueItem, labels: Sequence[LabelInput]) -> list[LabelInput]:
    """Of the steps that the item asks about; a bare value says by itself whether the step is
    right."""
    claimed = {step.kind: step.value for step in item.rollout.steps.all()}
    asked = [label for label in labels if label.kind in item.kinds]
    return [
        label
        if label.verdict
        else replace(
            label,
            verdict="correct" if label.value == claimed.get(label.kind) else "incorrect",
        )
        for label in asked
    ]
