"""What the circle puts before people."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from annotation.cot.steps import StepKind
from annotation.models import QueueItem
from lab.circle.context import Circle, StageFailed
from lab.circle.labelling import rollouts_open
from tests.factories import make_project
from tests.training.world import pair_make, policy_make, rollout_make
from training.models import RolloutBatch
from training.rollouts.batches import batch_create

pytestmark = pytest.mark.django_db


def batch_of(*texts: str | None) -> RolloutBatch:
    """One rollout a text; None is a good one."""
    project = make_project()
    pairs = [pair_make(project, f"query {n}", f"title {n}") for n in range(len(texts))]
    for pair, text in zip(pairs, texts, strict=True):
        rollout_make(pair, text)
    return batch_create(
        project=project, policy=policy_make(), pairs=pairs, n=1, max_tokens=8, queue_limit=0
    )


def circle(lines: list[str]) -> Circle:
    source = SimpleNamespace(overlap=2, kinds=[int(StepKind.FINAL)])
    stub: Any = SimpleNamespace(source=source, say=lines.append)
    return cast(Circle, stub)


def test_only_rollouts_that_parse_are_opened_and_the_share_is_told() -> None:
    lines: list[str] = []
    batch = batch_of(None, "fits, because it does", None)
    assert rollouts_open(circle(lines), batch) == 2
    items = QueueItem.objects.all()
    assert {item.rollout.parse_error for item in items} == {""}
    assert [(item.kinds, item.overlap) for item in items] == [([5], 2), ([5], 2)]
    assert lines == ["rollouts that parse: 2 of 3"]


def test_a_policy_that_writes_no_five_steps_stops_the_circle_with_the_reason() -> None:
    with pytest.raises(StageFailed, match="none of 2 is a five-step answer"):
        rollouts_open(circle([]), batch_of("nothing", "of use"))
    assert not QueueItem.objects.exists()
