"""Small real rows for the annotation tests."""

from __future__ import annotations

import hashlib
from itertools import count

from django.contrib.auth.models import User

from annotation.cot.steps import StepKind, render
from annotation.labelling.queue import queue_claim, queue_open
from annotation.labelling.rollouts import rollout_record
from annotation.labelling.submit import LabelInput, label_submit
from annotation.models import Pair, Product, Project, QueueItem, Rollout, Submission
from annotation.people.roles import Role, role_grant
from annotation.quality.projects import project_create

_number = count(1)


def make_user(role: Role = Role.ANNOTATOR) -> User:
    return role_grant(user=User.objects.create(username=f"user{next(_number)}"), role=role)


def make_project(overlap: int = 2, max_overlap: int | None = None) -> Project:
    return project_create(
        slug=f"project-{next(_number)}", overlap=overlap, max_overlap=max_overlap
    )


def make_pair(
    project: Project,
    query: str = "red shoes",
    gold: dict[str, str] | None = None,
    silver: dict[str, str] | None = None,
) -> Pair:
    mark = hashlib.sha256(f"{query} {next(_number)}".encode()).hexdigest()
    product = Product.objects.create(
        project=project, external_id=mark[:8], content_hash=mark, title="Blue trail shoes"
    )
    return Pair.objects.create(
        project=project,
        product=product,
        query=query,
        split="train",
        content_hash=mark,
        gold=gold or {},
        silver=silver or {},
    )


def cot(category: str = "match", attribute: str = "none", tier: str = "2") -> str:
    return render(
        {
            StepKind.QUERY: "want: shoes, color red",
            StepKind.ITEM: "shoes, color blue",
            StepKind.CATEGORY: f"shoes shoes same\ncategory: {category}",
            StepKind.ATTRIBUTE: f"red blue no\nattribute: {attribute}",
            StepKind.FINAL: f"{category} {attribute}\ntier: {tier}",
        }
    )


def make_rollout(pair: Pair, text: str | None = None, seed: int | None = None) -> Rollout:
    return rollout_record(
        pair=pair,
        text=cot() if text is None else text,
        policy="seed",
        seed=next(_number) if seed is None else seed,
    )


def make_item(
    project: Project,
    priority: int = 0,
    kinds: list[int] | None = None,
    reason: str | None = None,
    text: str | None = None,
) -> QueueItem:
    rollout = make_rollout(make_pair(project), text)
    return queue_open(rollout=rollout, priority=priority, kinds=kinds, reason=reason)


def labels_for(
    category: str = "match", attribute: str = "none", tier: str = "2", query: str = "correct"
) -> list[LabelInput]:
    """True values against the claims of :func:`cot`."""
    claimed = {3: "match", 4: "none", 5: "2"}
    values = {3: category, 4: attribute, 5: tier}
    return [
        LabelInput(kind=1, verdict=query),
        LabelInput(kind=2, verdict="correct"),
        *(
            LabelInput(k, "correct" if v == claimed[k] else "incorrect", v)
            for k, v in values.items()
        ),
    ]


def submit(item: QueueItem, user: User, labels: list[LabelInput] | None = None) -> Submission:
    """Claim as ``user`` (the item must be next) and submit."""
    assignment = queue_claim(annotator=user, project=item.project)
    assert assignment is not None
    assert assignment.item_id == item.pk
    return label_submit(
        assignment=assignment,
        annotator=user,
        client_key=f"key-{next(_number)}",
        labels=labels_for() if labels is None else labels,
    )
