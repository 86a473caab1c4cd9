"""Which rollouts of a batch become work for people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from annotation.cot.errors import Invalid
from annotation.models import Pair, Project, QueueItem, Rollout
from tests.factories import make_project
from tests.training.scripted_policy import Scripted, batch
from tests.training.world import cot, pair_make, policy_make, resolve
from training.models import RolloutBatch
from training.rollouts.batches import batch_create, batch_queue, batch_retry, batch_run
from training.rollouts.offered import SAMPLE_SOURCE, of_sample
from training.rollouts.select import batch_parsing

pytestmark = pytest.mark.django_db
State = RolloutBatch.State


@pytest.fixture
def project(settings: Any, tmp_path: Path) -> Project:
    settings.RUNS_DIR = tmp_path / "runs"
    return make_project()


def test_a_policy_that_mostly_babbles_makes_no_work_until_somebody_says_so(
    project: Project, settings: Any
) -> None:
    row = batch(project, n=3)
    done = batch_run(batch_id=row.pk, client=Scripted(cot(), "no steps", "none here"))
    assert done is not None
    assert (done.state, QueueItem.objects.count()) == (State.DONE, 0)
    assert done.error.startswith(
        "only 2 of 6 rollouts are five-step answers, so none was queued."
    )
    parsing = batch_parsing(done)
    assert [rollout.text for rollout in parsing.examples] == [
        "no steps",
        "none here",
        "no steps",
    ]
    assert [batch_queue(batch=done).opened for _ in range(2)] == [2, 0]
    assert set(QueueItem.objects.values_list("reason", flat=True)) == {"new"}


def test_the_shipped_policy_writes_about_the_sample_and_about_no_other_shop(
    project: Project, settings: Any
) -> None:
    policy_make(str(settings.SEED_POLICY))
    with pytest.raises(Invalid, match="knows the built-in sample only"):
        batch(project)
    sample = make_project()
    pair_make(sample, "a", "a")
    Pair.objects.filter(project=sample).update(source=SAMPLE_SOURCE)
    assert batch(sample).pair_ids


def test_a_sample_that_was_made_before_it_was_marked_is_known_by_its_name(
    project: Project,
) -> None:
    pair_make(project, "a", "a")
    Pair.objects.filter(project=project).update(source="sample.jsonl")
    assert not of_sample(project), "somebody's own file of that name"
    Project.objects.filter(pk=project.pk).update(slug="sample")
    project.refresh_from_db()
    assert of_sample(project)


def test_a_long_batch_is_queued_as_it_comes_once_twenty_have_been_seen(
    project: Project,
) -> None:
    row = batch(project, queries=[f"q{n}" for n in range(21)])
    batch_run(batch_id=row.pk, client=Scripted(cot(), fails_after=19))
    assert QueueItem.objects.count() == 0
    batch_retry(batch=RolloutBatch.objects.get())
    batch_run(batch_id=row.pk, client=Scripted(cot()))
    assert QueueItem.objects.count() == 21


def test_the_queue_limit_counts_rollouts_a_pair(project: Project) -> None:
    row = batch(project, n=3, queue_limit=1)
    batch_run(batch_id=row.pk, client=Scripted(cot(), cot("3"), cot("2")))
    assert Rollout.objects.count() == 6
    queued = QueueItem.objects.values_list("rollout__sample_index", flat=True)
    assert list(queued) == [0, 0]


def test_judged_rollouts_are_not_queued_again(project: Project) -> None:
    row = batch(project, queries=["a"])
    batch_run(batch_id=row.pk, client=Scripted(cot()))
    QueueItem.objects.all().delete()
    resolve(Rollout.objects.get(), {5: "correct"})
    second = batch_create(project=project, policy=row.policy, pairs=project.pairs.all(), n=2)
    batch_run(batch_id=second.pk, client=Scripted(cot(), cot("3")))
    assert QueueItem.objects.filter(state="open").count() == 1
