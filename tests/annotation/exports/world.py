"""A project in which people verified one rollout of a pair and refuted another."""

from __future__ import annotations

from annotation.cot.labels import LabelInput
from annotation.deciding.resolution import item_resolve
from annotation.models import Project
from tests.factories import (
    cot,
    labels_for,
    make_pair,
    make_project,
    make_rollout,
    make_user,
    open_item,
    submit,
)
from verifier.services.truth import truth_refresh

RIGHT = cot()
WRONG = cot(category="match", attribute="none", tier="4")


def decided_project() -> Project:
    """The truth is match, none, 2; the first rollout says so, the second says tier 4, and of a
    third one people judged steps 1 and 3 only."""
    project = make_project(overlap=1)
    Project.objects.update(reuse=False)  # each rollout is judged by itself
    project.refresh_from_db()
    pair = make_pair(project)
    refuted = [*labels_for()[:4], LabelInput(5, "incorrect", "2")]
    partly = [LabelInput(1, "correct"), LabelInput(3, "correct")]
    for text, labels in ((RIGHT, labels_for()), (WRONG, refuted), (cot(), partly)):
        item = open_item(make_rollout(pair, text))
        submit(item, make_user(), labels)
        item_resolve(item=item)
    truth_refresh(project=project)
    return project
