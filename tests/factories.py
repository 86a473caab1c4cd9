"""The one small shop of all tests: people, a project, pairs, rollouts, items and labels."""

from __future__ import annotations

import hashlib
from itertools import count
from typing import Any

from django.contrib.auth.models import User

from annotation.cot.steps import StepKind, render
from annotation.deciding.resolution import item_resolve
from annotation.labelling.queue import queue_ask, queue_claim
from annotation.labelling.rollouts import rollout_record
from annotation.labelling.submit import LabelInput, label_submit
from annotation.models import Pair, Product, Project, QueueItem, Rollout, Submission
from annotation.people.roles import Role, role_grant
from annotation.quality.projects import project_create

_number = count(1)


NAMES = {
    Role.ANNOTATOR: ("anna", "ben", "chen", "dora", "emil", "fatma", "goran", "hana"),
    Role.LEAD: ("lena", "mira"),
    Role.ML_ENGINEER: ("eve", "igor"),
    Role.ADMIN: ("ada",),
}


def make_user(role: Role = Role.ANNOTATOR, username: str = "") -> User:
    """A person of the role; the one of that name where there is one already."""
    if not username:
        number = next(_number)
        username = f"{NAMES[role][number % len(NAMES[role])]}{number}"
    user, _ = User.objects.get_or_create(username=username)
    return role_grant(user=user, role=role)


def make_project(
    overlap: int = 2, max_overlap: int | None = None, slug: str = "", **more: str
) -> Project:
    return project_create(
        slug=slug or f"project-{next(_number)}",
        overlap=overlap,
        max_overlap=max_overlap,
        **more,
    )


def make_product(
    project: Project, title: str = "Blue trail shoes", external_id: str = "", **more: Any
) -> Product:
    """A new product, or the project's own of that id."""
    number = external_id or f"p{next(_number)}"
    product, _ = Product.objects.get_or_create(
        project=project,
        external_id=number,
        content_hash=hashlib.sha256(f"{number} {title}".encode()).hexdigest(),
        defaults={"title": title, **more},
    )
    return product


def make_pair(
    project: Project,
    query: str = "red shoes",
    product: Product | None = None,
    split: str = "train",
    query_type: str = "",
    gold: dict[str, str] | None = None,
    silver: dict[str, str] | None = None,
) -> Pair:
    """The pair of query and product; without a product, with a new one."""
    product = product or make_product(project)
    pair, _ = Pair.objects.get_or_create(
        project=project,
        content_hash=hashlib.sha256(f"{query} {product.content_hash}".encode()).hexdigest(),
        defaults={
            "product": product,
            "query": query,
            "query_type": query_type,
            "split": split,
            "gold": gold or {},
            "silver": silver or {},
        },
    )
    return pair


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
        prompt_version="1",
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
    return open_item(rollout, priority=priority, kinds=kinds, reason=reason)


def open_item(rollout: Rollout, **wanted: Any) -> QueueItem:
    """It asks for all steps, whatever is decided; reuse has tests of its own."""
    return queue_ask(rollout=rollout, **wanted)


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


def make_resolved(
    pair: Pair, labels: list[LabelInput] | None = None, reason: str | None = None
) -> QueueItem:
    """A new rollout of the pair that one person judged, whatever is decided; nothing else may
    be waiting."""
    item = open_item(make_rollout(pair), overlap=1, reason=reason)
    submit(item, make_user(), labels)
    assert item_resolve(item=item) == QueueItem.State.RESOLVED
    return item
