"""The rollouts of a run: filtered, shown with or without their file, put before annotators."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotation.models import Pair, QueueItem, Rollout
from annotation.people.roles import Role, role_grant
from tests.factories import make_project
from tests.training.world import cot, ledger_line, pair_make, run_make, trainable
from training.job.files import write_json
from training.job.folder import LEDGER, MANIFEST
from training.job.ledger import ledger_append
from training.models import RewardGroup, TrainingRun
from training.runs.ledger_ingest import LedgerIngest
from training.runs.ledger_select import GroupFilter, groups_filtered
from training.runs.ledger_send import rollout_send
from training.runs.snapshot import run_folder

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair() -> Pair:
    return trainable(make_project())[0]


@pytest.fixture
def run(settings: Any, tmp_path: Path, pair: Pair) -> TrainingRun:
    """Updates 1 and 2 of the pair; in 2 nothing is rewarded, and one text is no answer."""
    settings.RUNS_DIR = tmp_path
    run = run_make(pair.project)
    folder = run_folder(run)
    folder.mkdir()
    ingest = LedgerIngest(run, folder)
    dull = ledger_line(
        pair, 2, texts=["nothing"], which=[0, 0], errors=["missing_heading"] * 2,
        steps=[[None] * 5], rewards=[[0.0] * 5] * 2, sources=[["format"] * 5] * 2,
        advantages=[[0.0] * 5] * 2,
    )  # fmt: skip
    ledger_append(folder / LEDGER, [ledger_line(pair, 1), dull])
    ingest.take()
    return run


def group_of(run: TrainingRun, update: int) -> RewardGroup:
    return RewardGroup.objects.get(run=run, update=update)


def person(role: Role) -> Client:
    user = User.objects.create(username=role.value)
    role_grant(user=user, role=role)
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    ("wanted", "updates"),
    [
        ({}, [1, 2]),
        ({"update": 2}, [2]),
        ({"query": "RED"}, [1, 2]),
        ({"query": "sofa"}, []),
        ({"reward": "right"}, [1]),
        ({"reward": "wrong"}, [1, 2]),
        ({"reward": "wrong", "step": 3}, [2]),
        ({"reward": "masked", "step": 1}, [1]),
        ({"reward": "masked", "step": 5}, []),
        ({"advantage": "zero"}, [2]),
        ({"advantage": "up", "reward": "right", "step": 5}, [1]),
        ({"advantage": "up", "reward": "wrong", "step": 5}, []),
        ({"advantage": "down", "reward": "wrong", "step": 5}, [1]),
    ],
)
def test_a_filter_asks_for_one_step_that_is_all_of_it(
    run: TrainingRun, wanted: dict[str, Any], updates: list[int]
) -> None:
    rows = groups_filtered(run, GroupFilter(**wanted))
    assert [row.update for row in rows] == updates


def test_another_pair_and_another_run_have_none(run: TrainingRun, pair: Pair) -> None:
    other = pair_make(pair.project, "lamp", "a lamp")
    assert not groups_filtered(run, GroupFilter(pair=other.pk))
    again = run_make(make_project(), policy=run.policy)
    assert not groups_filtered(again, GroupFilter())


@pytest.mark.parametrize("role", [Role.ML_ENGINEER, Role.LEAD])
def test_the_page_shows_steps_with_reward_source_and_advantage(
    run: TrainingRun, role: Role
) -> None:
    page = person(role).get(f"/training/runs/{run.pk}/rollouts/").content.decode()
    for text in ("Update 1", "wants a chair", "consensus", "▲", "▼", "masked", "tier: 3"):
        assert text in page
    assert "missing_heading" in page
    assert "×" in page, "rollouts that are the same stand once"


def test_without_the_file_the_numbers_stay_and_the_texts_say_so(run: TrainingRun) -> None:
    (run_folder(run) / LEDGER).unlink()
    client = person(Role.LEAD)
    page = client.get(f"/training/runs/{run.pk}/rollouts/").content.decode()
    assert "The texts are not here" in page
    assert "consensus" in page
    assert "wants a chair" not in page
    sent = client.post(
        f"/training/runs/{run.pk}/rollouts/{group_of(run, 1).pk}/send/", {"place": 0}
    )
    assert sent.status_code == 409
    assert "its ledger is gone or on another host" in sent.content.decode()


def test_two_updates_of_a_pair_stand_side_by_side(run: TrainingRun, pair: Pair) -> None:
    client = person(Role.ML_ENGINEER)
    base = f"/training/runs/{run.pk}/rollouts/pairs/{pair.pk}/"
    page = client.get(base).content.decode()
    assert page.index("Update 1") < page.index("Update 2")
    page = client.get(base + "?a=2&b=9").content.decode()
    assert "Update 1" not in page
    assert client.get(f"/training/runs/{run.pk}/rollouts/pairs/999999/").status_code == 404


def test_a_rollout_that_is_sent_has_the_prompts_version_of_its_run(
    run: TrainingRun, pair: Pair
) -> None:
    write_json(run_folder(run) / MANIFEST, {"prompt_version": "2"})
    sent = rollout_send(group=group_of(run, 1), place=0)
    assert sent.rollout.prompt_version == "2", "whatever its policy's row says by now"


def test_a_rollout_that_is_sent_opens_an_item_once(run: TrainingRun, pair: Pair) -> None:
    client, group = person(Role.LEAD), group_of(run, 1)
    for _ in range(2):
        sent = client.post(
            f"/training/runs/{run.pk}/rollouts/{group.pk}/send/",
            {"place": 1, "back": f"/training/runs/{run.pk}/rollouts/?update=1"},
        )
        assert sent["Location"] == f"/training/runs/{run.pk}/rollouts/?update=1"
    rollout = Rollout.objects.get(pair=pair)
    assert (rollout.text, rollout.policy) == (cot(tier="3"), f"run {run.pk}, update 1")
    assert [step.sha256 for step in rollout.steps.order_by("kind")] == [
        bytes(digest).hex() for digest in group.step_sha256[5:]
    ]
    assert QueueItem.objects.get().rollout == rollout


def test_what_is_no_five_step_answer_is_not_sent(run: TrainingRun) -> None:
    sent = person(Role.LEAD).post(
        f"/training/runs/{run.pk}/rollouts/{group_of(run, 2).pk}/send/", {"place": 0}
    )
    assert sent.status_code == 422
    assert "rollout 1 is not a five-step answer (missing_heading)" in sent.content.decode()
    assert not Rollout.objects.exists()


@pytest.mark.parametrize("place", ["2", "-1", "x", "", "²", "9" * 5000])
def test_a_rollout_that_the_group_has_not_is_refused(run: TrainingRun, place: str) -> None:
    path = f"/training/runs/{run.pk}/rollouts/{group_of(run, 1).pk}/send/"
    assert person(Role.LEAD).post(path, {"place": place}).status_code == 422


def test_the_api_lists_filters_and_sends(run: TrainingRun, pair: Pair) -> None:
    client = person(Role.ML_ENGINEER)
    base = f"/api/v1/runs/{run.pk}/rollouts/"
    first = client.get(base, {"page_size": 1}).json()
    assert [row["update"] for row in first["results"]] == [1]
    assert client.get(first["next"]).json()["results"][0]["update"] == 2
    (row,) = client.get(base, {"reward": "right", "step": "5"}).json()["results"]
    right, wrong = row["rollouts"]
    assert (right["count"], right["steps"][4]["value"]) == (1, "4")
    assert wrong["steps"][4]["reward"] == 0.0
    assert wrong["steps"][0]["reward"] is None
    assert client.get(base, {"reward": "odd"}).status_code == 400
    sent = client.post(base, {"group": row["id"], "place": 0}, "application/json")
    assert sent.status_code == 201
    assert sent.json() == {
        "rollout": Rollout.objects.get().pk,
        "item": QueueItem.objects.get().pk,
    }
