"""A policy is sampled with the prompts that it reads, and its rollouts say which."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from annotation.models import Pair, Project, Rollout
from tests.factories import make_project
from tests.training.scripted_policy import Scripted
from tests.training.speaking_server import serving
from tests.training.world import cot, model_folder_make, pair_make, policy_make
from training.models import Checkpoint, RolloutBatch
from training.rollouts.batches import batch_create, batch_run

pytestmark = pytest.mark.django_db
LINE = "description: of soft leather\n"


@pytest.fixture
def project(settings: Any, tmp_path: Path) -> Project:
    settings.RUNS_DIR = tmp_path / "runs"
    return make_project()


@pytest.fixture
def pair(project: Project) -> Pair:
    made = pair_make(project, "red chair", "chair one")
    made.product.description = "of soft\nleather"
    made.product.save()
    return made


def sampled(pair: Pair, policy: Checkpoint, client: Any = None) -> RolloutBatch:
    row = batch_create(project=pair.project, policy=policy, pairs=[pair], n=1)
    done = batch_run(batch_id=row.pk, client=client)
    assert done is not None
    return done


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_served_policy_is_sent_the_description_if_its_version_has_it(
    pair: Pair, version: str
) -> None:
    with serving() as server:
        sampled(pair, policy_make(server.url, "served", version))
    (request,) = server.requests
    assert (LINE in request["prompt"]) == (version == "2")
    assert Rollout.objects.get().prompt_version == version


def test_the_installations_server_is_sent_what_its_folder_reads(
    pair: Pair, settings: Any, tmp_path: Path
) -> None:
    folder = model_folder_make(tmp_path / "model")
    (folder / "stepwise.json").write_text('{"prompt_version": "2"}')
    with serving() as server:
        settings.POLICY_URL, server.models = server.url, [str(folder)]
        sampled(pair, policy_make(str(folder), version="2"))
    assert LINE in server.requests[0]["prompt"]


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        ('{"prompt_version": "1"}', "reads prompts of version 1 and would be asked with"),
        ('{"prompt_version": "9"}', "must be one of 1, 2, not '9'"),
    ],
)
def test_a_folder_that_has_changed_since_it_was_registered_is_not_sampled(
    pair: Pair, tmp_path: Path, card: str, reason: str
) -> None:
    folder = model_folder_make(tmp_path / "model")
    (folder / "stepwise.json").write_text(card)
    done = sampled(pair, policy_make(str(folder), version="2"), Scripted(cot()))
    assert done.state == RolloutBatch.State.FAILED
    assert reason in done.error
    assert not Rollout.objects.exists()


def test_a_row_of_an_unknown_version_is_not_sampled(pair: Pair) -> None:
    done = sampled(pair, policy_make(version="9"), Scripted(cot()))
    assert "policy: 'prompt_version' must be one of 1, 2, not '9'" in done.error
