"""Gold items and people who answer them."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.utils import timezone

from annotation.labelling.gold import gold_save, gold_serve
from annotation.labelling.queue import queue_claim
from annotation.labelling.submit import label_submit
from annotation.models import (
    Assignment,
    GoldItem,
    GoldTry,
    Project,
)
from tests.factories import (
    labels_for,
    make_pair,
    make_project,
    make_rollout,
)

TRUE = {"3": "match", "4": "none", "5": "2"}


def gold_project() -> Project:
    """Half of all claims are gold; two gold items before the first real one."""
    project = make_project(overlap=1)
    project.gold_percent, project.gold_onboarding = 50, 2
    project.save()
    return project


def make_gold(project: Project, answers: dict[str, str] | None = None) -> GoldItem:
    rollout = make_rollout(make_pair(project))
    return gold_save(rollout=rollout, lead=None, answers=answers or TRUE)


def claim_next(user: User, project: Project) -> Assignment:
    claim = queue_claim(annotator=user, project=project)
    assert claim is not None
    return claim


def answer(user: User, claim: Assignment, tier: str = "2", attribute: str = "none") -> GoldTry:
    key = f"{user.pk}-{claim.pk}"
    labels = labels_for("match", attribute, tier)
    label_submit(assignment=claim, annotator=user, client_key=key, labels=labels)
    return GoldTry.objects.get(item=claim.item_id)


def served(user: User, project: Project, draw: float) -> Assignment | None:
    return gold_serve(annotator=user, project=project, expires=timezone.now(), draw=draw)
