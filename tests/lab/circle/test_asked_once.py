"""What the circle tells about asking once."""

from __future__ import annotations

import pytest

from annotation.labelling.opening import AUDIT_DRAW
from annotation.models import QueueItem
from lab.circle.asked_once import asked_once, audit_contradiction, labels_saved
from tests.factories import (
    labels_for,
    make_pair,
    make_project,
    make_resolved,
    make_rollout,
    open_item,
)

pytestmark = pytest.mark.django_db
ALL = [1, 2, 3, 4, 5]


def test_labels_are_saved_where_a_readable_rollout_was_not_asked() -> None:
    project = make_project()
    pair = make_pair(project)
    make_resolved(pair)
    assert labels_saved(project, ALL, 2) == 0
    make_rollout(pair)  # covered: nothing of it is asked
    make_rollout(pair, text="nothing that can be read")
    assert labels_saved(project, ALL, 2) == 10
    open_item(make_rollout(pair), kinds=[2], reason="audit")
    assert labels_saved(project, ALL, 2) == 10 + 8
    assert labels_saved(project, [5], 3) == 6


def test_an_audit_contradicts_where_people_give_another_answer() -> None:
    project = make_project()
    pair = make_pair(project)
    make_resolved(pair)
    assert audit_contradiction(project) == {"n": 0, "share": None, "interval": None}
    audit = make_resolved(pair, labels_for(tier="1", query="incorrect"), reason="audit")
    assert audit_contradiction(project)["n"] == 0, "a person wanted that one"
    QueueItem.objects.filter(pk=audit.pk).update(selection=AUDIT_DRAW)
    told = audit_contradiction(project)
    assert (told["n"], told["share"]) == (5, 2 / 5)
    low, high = told["interval"]
    assert low < 2 / 5 < high


def test_the_shares_of_the_run_are_told_by_step() -> None:
    told = asked_once(make_project(), ALL, 2, {"1": 0.75, "2": None})
    assert (told["reuse_share_kind_1"], told["reuse_share_kind_2"]) == (0.75, None)
