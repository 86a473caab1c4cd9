"""Labels that people gave elsewhere, stored as their submissions."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from annotation.cot.errors import Invalid, StepwiseError
from annotation.cot.storable import storable
from annotation.labelling.outside_people import origin_of, outside_person
from annotation.labelling.outside_votes import votes_store
from annotation.labelling.rollouts import ELSEWHERE, rollout_record
from annotation.models import Pair, Project, Rollout
from annotation.pairs.readers.label_studio_answers import (
    AnsweredTask,
    PersonAnswers,
    answered_tasks,
)
from annotation.pairs.readers.rows import RowError
from annotation.pairs.report import KEPT_ERRORS
from annotation.pairs.write import pair_hash, pairs_import


@dataclass(slots=True)
class SubmissionReport:
    """``existing``: submissions that were there before; ``changed``: corrected ones that took
    the place of an earlier one; ``joined``: votes on items that were decided, of ``created``;
    ``people``: accounts that were made; ``unknown``: controls that were left out. ``errors``
    are the first hundred as (line, message)."""

    tasks: int = 0
    created: int = 0
    existing: int = 0
    changed: int = 0
    joined: int = 0
    people: int = 0
    pairs_created: int = 0
    pairs_existing: int = 0
    unknown: set[str] = field(default_factory=set)
    error_count: int = 0
    errors: list[tuple[int, str]] = field(default_factory=list)

    def refuse(self, line: int, message: str) -> None:
        self.error_count += 1
        if len(self.errors) < KEPT_ERRORS:
            self.errors.append((line, storable(message)))


def submissions_import(
    *,
    project: Project,
    path: Path,
    split: str | None = None,
    origin: str = "",
    source: str = "",
) -> SubmissionReport:
    """Import a Label Studio file with its annotations as submissions of named people.

    Pairs and rollouts that are not there are made; what people said does not become gold. Who
    an annotator is, see :func:`annotation.labelling.outside_people.outside_person`; ``origin``
    names the server that the file is from. The same file again changes nothing; a corrected
    verdict takes the place of the earlier one while the item is not decided. Each task is
    stored whole or not at all. An item keeps waiting for the people that the file does not
    bring; consensus and adjudication go on from there.

    Raises:
        ImportFileError: the file as a whole cannot be read.
    """
    report = SubmissionReport()
    pairs = pairs_import(
        project=project,
        path=path,
        adapter="label-studio",
        skip_bad=True,
        split=split,
        source=source,
        gold=False,
    )
    report.pairs_created, report.pairs_existing = pairs.created, pairs.existing
    for task in answered_tasks(path):
        report.tasks += 1
        if isinstance(task, RowError):
            report.refuse(task.line, task.message)
            continue
        try:
            _task_store(project, task, report, origin)
        except StepwiseError as error:
            report.refuse(task.line, error.message)
        except IntegrityError:
            report.refuse(task.line, "another import met the same people; import again")
    return report


def _task_store(
    project: Project, task: AnsweredTask, report: SubmissionReport, origin: str
) -> None:
    made: list[User] = []
    with transaction.atomic():
        # One file of a project at a time makes people and items; submits go on beside it.
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        rollout = _rollout(project, task)
        votes = votes_store(rollout=rollout, judgments=_by_account(project, task, origin, made))
    # Only what was kept is counted.
    report.created += votes.created
    report.existing += votes.existing
    report.changed += votes.changed
    report.joined += votes.joined
    report.people += len(made)
    report.unknown.update(task.unknown)


def _by_account(
    project: Project, task: AnsweredTask, origin: str, made: list[User]
) -> dict[User, PersonAnswers]:
    """Who annotated twice said the newest, by the file's order where it has no times."""
    newest: dict[User, PersonAnswers] = {}
    for judgment in task.people:
        user = outside_person(
            person=judgment.person,
            origin=origin_of(project, origin),
            own=not origin.strip(),
            made=made,
        )
        before = newest.get(user)
        if before and before.changed_at and judgment.changed_at:
            older = judgment.changed_at < before.changed_at
            judgment = before if older else judgment
        newest[user] = judgment
    return newest


def _rollout(project: Project, task: AnsweredTask) -> Rollout:
    """Ours when the task names it and shows its text, else one made of the task's steps."""
    own = Rollout.objects.filter(pk=task.rollout_id or 0, pair__project=project).first()
    if own is not None and own.text.split() == task.text.split():
        return own
    pair = Pair.objects.filter(project=project, content_hash=pair_hash(task.pair)).first()
    if pair is None:
        raise Invalid("the pair could not be stored")
    # A number out of the text: the same steps are the same rollout when they come again.
    seed = int(hashlib.sha256(task.text.encode()).hexdigest()[:15], 16)
    return rollout_record(
        pair=pair, text=task.text, policy=task.policy, prompt_version=ELSEWHERE, seed=seed
    )
