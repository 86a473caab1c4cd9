"""Annotators and a lead that work through the queue by the same services as the pages."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from django.contrib.auth.models import Group, User
from django.db import connection

from annotation.cot.steps import StepKind
from annotation.deciding.resolution import StepDecision, item_adjudicate
from annotation.labelling.items import split_items
from annotation.labelling.queue import queue_claim
from annotation.labelling.submit import LabelInput, label_submit
from annotation.models import Assignment, Project, QueueItem, Step
from annotation.people.roles import SIMULATED, Role, role_grant
from lab.simulate.judge import Answer

# What a person says of one step of an item; None leaves the step unmarked.
AnswerFn = Callable[[QueueItem, StepKind, Step | None], Answer | None]


def person_create(*, username: str, role: Role) -> User:
    user, created = User.objects.get_or_create(username=username)
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
        user.groups.add(Group.objects.get_or_create(name=SIMULATED)[0])
    return role_grant(user=user, role=role)


def queue_work_off(
    *, project: Project, people: Iterable[tuple[User, AnswerFn]], at_most: int | None = None
) -> int:
    """Everybody labels at the same time until the queue has nothing for them, or ``at_most``
    items each.

    Returns:
        the number of submissions (receipts).
    """
    crew = list(people)
    with ThreadPoolExecutor(max_workers=max(1, len(crew))) as pool:
        futures = [
            pool.submit(_work_off, project, user, answer, at_most) for user, answer in crew
        ]
        return sum(future.result() for future in futures)


def splits_adjudicate(*, project: Project, lead: User, answer: AnswerFn) -> int:
    """The lead decides every split item."""
    items = list(split_items(project))
    for item in items:
        decisions = {
            int(kind): StepDecision(verdict=reply.verdict, value=reply.value)
            for kind, reply in _answers(item, answer)
        }
        item_adjudicate(item=item, lead=lead, decisions=decisions, cause="annotator_error")
    return len(items)


def _work_off(project: Project, user: User, answer: AnswerFn, at_most: int | None) -> int:
    done = 0
    try:
        while done != at_most and (assignment := queue_claim(annotator=user, project=project)):
            label_submit(
                assignment=assignment,
                annotator=user,
                client_key=uuid.uuid4().hex,
                labels=_labels(assignment, answer),
            )
            done += 1
        return done
    finally:
        connection.close()


def _labels(assignment: Assignment, answer: AnswerFn) -> list[LabelInput]:
    labels = [
        LabelInput(kind=int(kind), verdict=reply.verdict, value=reply.value)
        for kind, reply in _answers(assignment.item, answer)
    ]
    first_only = assignment.item.project.first_error_only
    return _to_first_error(labels) if first_only else labels


def _to_first_error(labels: Iterable[LabelInput]) -> list[LabelInput]:
    """As the page does it: what comes after the first incorrect step stays unmarked."""
    kept = []
    for label in sorted(labels, key=lambda label: label.kind):
        kept.append(label)
        if label.verdict == "incorrect":
            break
    return kept


def _answers(item: QueueItem, answer: AnswerFn) -> list[tuple[StepKind, Answer]]:
    steps = {step.kind: step for step in item.rollout.steps.all()}
    replies = [(StepKind(k), answer(item, StepKind(k), steps.get(k))) for k in item.kinds]
    return [(kind, reply) for kind, reply in replies if reply is not None]
