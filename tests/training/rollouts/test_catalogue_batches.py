from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from annotation.cot.errors import Invalid
from annotation.models import Project, QueueItem, Rollout
from tests.factories import make_pair, make_project
from tests.training.world import policy_make
from training.models import RolloutBatch
from training.rollouts.batches import batch_run
from training.rollouts.writers import catalogue_writer, writer_start

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(settings: Any, tmp_path: Path) -> Project:
    settings.RUNS_DIR = tmp_path / "runs"
    return make_project(layout="answer_first")


def test_every_pair_of_a_shop_has_a_parsed_cot_in_the_queue_without_any_model(
    project: Project,
) -> None:
    for number in range(3):
        make_pair(project, query=f"cable {number}", split=("train", "val", "test")[number])
    batch = writer_start(project=project, writer=catalogue_writer())
    done = batch_run(batch_id=batch.pk)
    assert done is not None
    assert (done.state, done.error, done.rollouts_done) == ("done", "", 3)
    assert set(Rollout.objects.values_list("policy", "parse_error", "layout")) == {
        ("catalogue writer", "", "answer_first")
    }
    assert QueueItem.objects.filter(reason="new").count() == 3
    assert done.seconds > 0
    with pytest.raises(Invalid, match="no pair"):
        writer_start(project=project, writer=catalogue_writer())


def test_new_pairs_are_written_and_old_ones_are_not_written_again(project: Project) -> None:
    make_pair(project, query="cable")
    batch_run(batch_id=writer_start(project=project, writer=catalogue_writer()).pk)
    new = make_pair(project, query="lamp")
    batch = writer_start(project=project, writer=catalogue_writer())
    assert batch.pair_ids == [new.pk]


def test_the_catalogue_writer_writes_no_second_cot_of_a_pair(project: Project) -> None:
    from training.rollouts.batches import batch_create

    with pytest.raises(Invalid, match="n must be 1"):
        batch_create(
            project=project, policy=catalogue_writer(), pairs=[make_pair(project)], n=2
        )


def test_the_command_writes_and_says_what_parses(project: Project) -> None:
    make_pair(project, query="cable")
    out = StringIO()
    call_command("write_cots", project.slug, stdout=out)
    batch = RolloutBatch.objects.get()
    assert out.getvalue().startswith(f"batch {batch.pk}: 1 CoTs, 1 parse, 0 written")
    policy_make(name="a-policy")
    with pytest.raises(CommandError, match="sample_rollouts"):
        call_command("write_cots", project.slug, writer="a-policy")
