from __future__ import annotations

import json
import stat
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from annotation.cot.errors import Invalid
from annotation.cot.steps import StepKind
from annotation.models import Project, QueueItem, Rollout
from annotation.models.job_run import jobs_recover
from tests.factories import make_project
from tests.training.scripted_policy import Scripted, batch
from tests.training.speaking_server import serving
from tests.training.world import (
    HERE,
    cot,
    pair_make,
    policy_make,
    rm_make,
)
from training.models import RolloutBatch
from training.rollouts.batches import batch_create, batch_retry, batch_run
from training.rollouts.select import pairs_due_for_rollout
from training.serving.policy_client import LocalPolicy, SamplingRequest

pytestmark = pytest.mark.django_db
State = RolloutBatch.State


@pytest.fixture
def project(settings: Any, tmp_path: Path) -> Project:
    settings.RUNS_DIR = tmp_path / "runs"
    return make_project()


@pytest.fixture
def rl_python(settings: Any, tmp_path: Path) -> Path:
    """An interpreter that runs the stand-in sampler whatever module is asked for."""
    launcher = tmp_path / "python"
    launcher.write_text(f'#!/bin/sh\nexec {sys.executable} {HERE}/stand_in_sampler.py "$@"\n')
    launcher.chmod(launcher.stat().st_mode | stat.S_IEXEC)
    settings.RL_PYTHON = str(launcher)
    return launcher


def test_every_sample_becomes_a_rollout_and_what_parses_a_queue_item(project: Project) -> None:
    row = batch(project, n=2, overlap=3)
    done = batch_run(batch_id=row.pk, client=Scripted(cot("4"), "no steps"))
    assert done is not None
    assert (done.state, done.rollouts_done, done.lease_token) == (State.DONE, 4, "")
    assert Rollout.objects.count() == 4
    good = Rollout.objects.filter(parse_error="").first()
    assert good is not None
    assert (good.policy, good.temperature, good.max_tokens) == ("policy", 0.99, 256)
    reasons = sorted(QueueItem.objects.values_list("reason", "overlap"))
    assert reasons == [("new", 3)] * 2


def test_a_policy_that_fails_keeps_what_came_and_can_be_tried_again(project: Project) -> None:
    row = batch(project, n=2)
    failed = batch_run(batch_id=row.pk, client=Scripted(cot(), cot("3"), fails_after=3))
    assert failed is not None
    assert (failed.state, failed.error) == (State.FAILED, "the model went away")
    assert Rollout.objects.count() == 3
    batch_retry(batch=failed)
    again = Scripted(cot(), cot("3"))
    done = batch_run(batch_id=row.pk, client=again)
    assert done is not None
    assert (done.state, done.rollouts_done, done.error) == (State.DONE, 4, "")
    assert again.prompts_seen == 1, "the complete pair is not sampled again"
    # The second text of a pair has the same first steps: the first asks for both.
    assert (Rollout.objects.count(), QueueItem.objects.count()) == (4, 2)
    with pytest.raises(Invalid):
        batch_retry(batch=done)


def test_a_client_that_leaves_completions_out_is_an_error(project: Project) -> None:
    failed = batch_run(batch_id=batch(project, n=2).pk, client=Scripted(cot()))
    assert failed is not None
    assert failed.error == "the policy left out 2 completions"


def test_a_second_delivery_does_nothing(project: Project) -> None:
    row = batch(project)
    batch_run(batch_id=row.pk, client=Scripted(cot()))
    assert batch_run(batch_id=row.pk, client=Scripted(cot())) is None
    RolloutBatch.objects.filter(pk=row.pk).update(
        state=State.RUNNING, lease_expires_at=timezone.now() + timedelta(minutes=1)
    )
    assert batch_run(batch_id=row.pk, client=Scripted(cot())) is None


def test_a_batch_whose_worker_is_gone_is_sent_again_once(project: Project) -> None:
    row = batch(project)
    assert jobs_recover(RolloutBatch) == [], "its message is on the way"
    RolloutBatch.objects.update(
        state=State.RUNNING, lease_expires_at=timezone.now() - timedelta(seconds=1)
    )
    assert jobs_recover(RolloutBatch) == [row.pk]
    assert jobs_recover(RolloutBatch) == []


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"n": 0}, "n and max_tokens"),
        ({"queries": []}, "no pair"),
        ({"temperature": -1}, "temp"),
    ],
)
def test_nonsense_is_refused(project: Project, values: dict[str, Any], message: str) -> None:
    with pytest.raises(Invalid, match=message):
        batch(project, **values)


def test_a_reward_model_is_not_sampled(project: Project) -> None:
    with pytest.raises(Invalid, match="not a policy"):
        batch_create(
            project=project, policy=rm_make(), pairs=[pair_make(project, "a", "a")], n=1
        )


def test_a_pair_is_due_until_it_has_n_rollouts_of_the_policy(project: Project) -> None:
    row = batch(project)
    pair_make(project, "held out", "h", split="test")
    due = {"project": project, "policy": row.policy}
    assert pairs_due_for_rollout(**due).count() == 2
    batch_run(batch_id=row.pk, client=Scripted(cot()))
    assert pairs_due_for_rollout(**due).count() == 0
    assert pairs_due_for_rollout(**due, n=2).count() == 2
    assert pairs_due_for_rollout(**due, splits=["test"], limit=1).count() == 1
    assert pairs_due_for_rollout(project=project, policy=policy_make(name="b")).count() == 2


def test_a_local_policy_is_a_process_over_a_job_folder(
    project: Project, rl_python: Path
) -> None:
    done = batch_run(batch_id=batch(project, n=2).pk)
    assert done is not None
    assert (done.state, done.error) == (State.DONE, "")
    firsts = Rollout.objects.filter(parse_error="", steps__kind=StepKind.QUERY)
    analyses = set(firsts.values_list("steps__text", flat=True))
    assert analyses == {
        f"## 1 query analysis\nquery: {query}, sample {n}" for query in "ab" for n in (0, 1)
    }
    assert QueueItem.objects.count() == 4


def test_a_sampler_that_dies_fails_the_batch_with_its_last_line(
    project: Project, rl_python: Path
) -> None:
    done = batch_run(batch_id=batch(project, queries=["explode"]).pk)
    assert done is not None
    assert (done.state, done.error) == (
        State.FAILED,
        "sampling ended with code 4: no such model",
    )


def test_a_remote_policy_is_asked_over_http(project: Project) -> None:
    with serving() as server:
        policy_make(server.url, "served")
        done = batch_run(batch_id=batch(project).pk)
        assert done is not None
        assert (done.state, done.rollouts_done) == (State.DONE, 2)
        assert server.requests[0]["model"] == "served"
        assert server.requests[0]["prompt"].startswith("query: ")


def test_the_installations_server_samples_the_folders_it_has_loaded(
    project: Project, settings: Any, rl_python: Path
) -> None:
    with serving() as server:
        settings.POLICY_URL = server.url
        row = batch(project)
        server.models = [row.policy.path]
        done = batch_run(batch_id=row.pk)
        assert done is not None
        assert [r["model"] for r in server.requests] == [row.policy.path] * 2
        server.models = ["another"]
        again = batch_create(
            project=project, policy=row.policy, pairs=project.pairs.all(), n=1, seed=1
        )
        batch_run(batch_id=again.pk)
        assert len(server.requests) == 2, "sampled by a local process"
    assert Rollout.objects.filter(seed=1).count() == 2


def test_a_server_that_has_another_checkpoint_under_the_same_alias_is_not_asked(
    project: Project, settings: Any, rl_python: Path, tmp_path: Path
) -> None:
    with serving() as server:
        settings.POLICY_URL = server.url
        row = batch(project)
        type(row.policy).objects.filter(pk=row.policy.pk).update(model_name="policy")
        server.models, server.roots = ["policy"], {"policy": str(tmp_path)}
        batch_run(batch_id=row.pk)
        assert server.requests == []
        server.roots = {"policy": row.policy.path}
        again = batch_create(
            project=project, policy=row.policy, pairs=project.pairs.all(), n=1, seed=1
        )
        batch_run(batch_id=again.pk)
    assert [r["model"] for r in server.requests] == ["policy"] * 2
    assert all(r["top_p"] == 1.0 for r in server.requests)


def test_a_server_that_is_named_but_away_fails_the_batch(
    project: Project, settings: Any
) -> None:
    with serving() as server:
        settings.POLICY_URL = server.url
    done = batch_run(batch_id=batch(project).pk)
    assert done is not None
    assert done.state == State.FAILED
    assert "does not list its models" in done.error


def test_stopping_a_local_policy_ends_its_process(tmp_path: Path, rl_python: Path) -> None:
    class Stop(Exception):
        pass

    def stop() -> None:
        raise Stop

    client = LocalPolicy("/m", tmp_path / "job", str(rl_python))
    prompts = [{"pair_id": "1", "prompt": "hang"}]
    request = SamplingRequest(n=1, temperature=1, top_k=0, max_tokens=8, seed=0)
    with pytest.raises(Stop):
        list(client.sample(prompts, request, stop))
    assert json.loads((tmp_path / "job" / "pairs.jsonl").read_text())["prompt"] == "hang"
