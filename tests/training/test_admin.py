"""The admin's doors: who may enter, what the forms refuse, what they start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from annotation.people.roles import Role
from tests.factories import make_project
from tests.training.admin_door import LAUNCH, choice, client_of
from tests.training.world import (
    differences,
    model_folder_make,
    pair_make,
    policy_make,
    resolve,
    rm_make,
    rollout_make,
    run_make,
    trainable,
)
from training.models import Checkpoint, Disagreement, RolloutBatch, StepScore, TrainingRun

pytestmark = pytest.mark.django_db
PAGES = ("trainingrun", "rolloutbatch", "checkpoint", "evalreport", "disagreement")


@pytest.mark.parametrize("page", PAGES)
def test_engineers_see_every_page_and_annotators_none(page: str, engineer: Client) -> None:
    assert engineer.get(f"/admin/training/{page}/").status_code == 200
    assert client_of(Role.ANNOTATOR).get(f"/admin/training/{page}/").status_code == 302


def test_a_lead_sees_disagreements_and_may_not_launch() -> None:
    lead = client_of(Role.LEAD)
    assert lead.get("/admin/training/disagreement/").status_code == 200
    assert lead.get("/admin/training/trainingrun/").status_code == 403
    assert lead.get(LAUNCH).status_code == 403
    assert lead.get("/admin/training/rolloutbatch/launch/").status_code == 403


def test_nothing_starts_before_the_summary_is_confirmed(
    engineer: Client, sent: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    project = make_project()
    trainable(project)
    shown = engineer.post(LAUNCH, choice(project)).content.decode()
    assert "What this run works with" in shown
    assert "consensus 1" in shown
    assert not TrainingRun.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        answer = engineer.post(LAUNCH, {**choice(project), "confirm": "Launch run"})
    run = TrainingRun.objects.get()
    assert answer["Location"] == f"/training/runs/{run.pk}/"
    assert sent == [run.pk]
    assert run.created_by is not None
    assert run.created_by.username == "ml_engineer"


def test_filled_fields_and_overrides_become_the_configuration(
    engineer: Client, sent: list[int]
) -> None:
    project = make_project()
    trainable(project)
    values = {
        "rl__updates": 4, "rl__normalise": "pooled", "rl__replay": "true",
        "rl__dynamic": "false", "rl__shaping": "", "fit__epochs": "", "train_limit": 50,
        "overrides": "threads = 2\n[rl]\ngroup = 8\n[data]\neval_limit = 5\n", "confirm": "1",
    }  # fmt: skip
    engineer.post(LAUNCH, choice(project, **values))
    assert TrainingRun.objects.get().config == {
        "seed": 3,
        "threads": 2,
        "data": {"eval_split": "test", "train_limit": 50, "eval_limit": 5},
        "rl": {
            "updates": 4,
            "normalise": "pooled",
            "group": 8,
            "replay": True,
            "dynamic": False,
        },
    }


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"overrides": "rl = ["}, "not TOML"),
        ({"overrides": "speed = 1"}, "unknown key &#x27;speed&#x27;"),
        ({"overrides": "rl = 5"}, "&#x27;rl&#x27; must be a table"),
        ({"overrides": "data = 5"}, "data must be a table"),
        ({"overrides": "policy = '/etc'"}, "policy&#x27; is chosen above, not overridden"),
        ({"rl__group": 1}, "greater than or equal to 2"),
        ({"policy": 99}, "Select a valid choice"),
        ({"fit__epochs": 9}, "srpo does not read fit.epochs: leave it out"),
        ({"overrides": "[fit]\nepochs = 9"}, "srpo does not read fit.epochs: leave it out"),
        ({"method": "sft", "rl__updates": 4}, "sft does not read rl.updates: leave it out"),
        ({"method": "sft", "rm": 1}, "sft does not read rm: leave it out"),
    ],
)
def test_nonsense_comes_back_with_the_form(
    engineer: Client, sent: list[int], values: dict[str, Any], message: str
) -> None:
    project = make_project()
    trainable(project)
    shown = engineer.post(LAUNCH, choice(project, confirm="1", **values)).content.decode()
    assert message in shown
    assert "launch-form" in shown
    assert not TrainingRun.objects.exists()


def test_a_problem_cannot_be_confirmed_away(engineer: Client, sent: list[int]) -> None:
    shown = engineer.post(LAUNCH, choice(make_project(), confirm="1")).content.decode()
    assert "no training pair has a known answer" in shown
    assert 'name="confirm"' not in shown
    assert not TrainingRun.objects.exists()


def test_runs_are_cancelled_and_resumed_from_the_list(
    engineer: Client, sent: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    run = run_make(make_project())

    def act(name: str) -> str:
        data = {"action": name, "_selected_action": [run.pk]}
        with django_capture_on_commit_callbacks(execute=True):
            answer = engineer.post("/admin/training/trainingrun/", data, follow=True)
        run.refresh_from_db()
        return answer.content.decode()

    act("cancel")
    assert run.state == "cancelled"
    assert "the run has ended already" in act("cancel")
    act("resume")
    assert (run.state, sent) == ("queued", [run.pk])


def test_a_batch_is_created_for_pairs_that_are_due(
    engineer: Client, sent: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    project, policy = make_project(), policy_make()
    pairs = [pair_make(project, f"q{i}", f"t{i}") for i in range(3)]
    rollout_make(pairs[0])
    data = {
        "project": project.pk, "policy": policy.pk, "splits": ["train"], "pairs": 5, "n": 1,
        "temperature": 1, "top_k": 0, "max_tokens": 64, "seed": 0,
    }  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        engineer.post("/admin/training/rolloutbatch/launch/", data)
    batch = RolloutBatch.objects.get()
    assert batch.pair_ids == [pairs[1].pk, pairs[2].pk]
    assert (batch.overlap, batch.queue_limit, sent) == (None, None, [batch.pk])
    data["splits"] = ["val"]
    shown = engineer.post("/admin/training/rolloutbatch/launch/", data).content.decode()
    assert "there is no pair to sample" in shown


def test_a_folder_is_registered_with_what_it_says_of_itself(
    engineer: Client, tmp_path: Path
) -> None:
    add = "/admin/training/checkpoint/add/"
    data = {"name": "mine", "kind": "policy", "path": str(tmp_path), "style": "bare"}
    shown = engineer.post(add, {**data, "layout": "answer_last"}).content.decode()
    assert "holds no Hugging Face model" in shown
    model_folder_make(tmp_path)
    engineer.post(add, {**data, "layout": "answer_first"})
    made = Checkpoint.objects.get()
    assert (made.path, made.layout) == (str(tmp_path), "answer_first")


def test_disagreements_are_decided_from_the_list() -> None:
    project, rm = make_project(), rm_make()
    rollout = rollout_make(pair_make(project, "q", "t"))
    resolve(rollout, {3: "incorrect"})
    StepScore.objects.create(step=rollout.steps.get(kind=3), rm=rm, p=0.9)
    (disagreement,) = differences(project, rm)
    data = {"action": "guideline_gap", "_selected_action": [disagreement.pk]}
    lead = client_of(Role.LEAD)
    lead.post("/admin/training/disagreement/", data)
    disagreement.refresh_from_db()
    assert disagreement.state == Disagreement.State.GUIDELINE_GAP
    shown = lead.post("/admin/training/disagreement/", data, follow=True).content.decode()
    assert "has been decided already" in shown
