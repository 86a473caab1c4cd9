"""The version of a model's prompts: on its row, in a run, on what the run leaves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from annotation.cot.errors import Invalid
from tests.factories import make_project
from tests.training.world import (
    model_folder_make,
    pair_make,
    policy_make,
    release_make,
    run_make,
    truth_make,
)
from training.job.config import load_config
from training.models import Checkpoint
from training.runs.checkpoints import checkpoint_register
from training.runs.run_config import ConfigError, config_check
from training.runs.run_results import ResultMissing, checkpoint_record
from training.runs.snapshot import snapshot_build

pytestmark = pytest.mark.django_db


def folder_of(path: Path, card: str | None) -> str:
    model_folder_make(path)
    if card is not None:
        (path / "stepwise.json").write_text(card)
    return str(path)


@pytest.mark.parametrize(
    ("card", "version"),
    [(None, "2"), ('{"style": "bare"}', "1"), ('{"prompt_version": "2"}', "2")],
)
def test_a_row_has_the_version_that_its_folder_says(
    tmp_path: Path, card: str | None, version: str
) -> None:
    made = checkpoint_register(name="mine", path=folder_of(tmp_path, card))
    assert made.prompt_version == version


def test_a_folder_of_another_or_an_unknown_version_gets_no_row(tmp_path: Path) -> None:
    path = folder_of(tmp_path, '{"prompt_version": "9"}')
    with pytest.raises(Invalid, match="must be one of 1, 2, not '9'"):
        checkpoint_register(name="mine", path=path)
    folder_of(tmp_path, '{"prompt_version": "1"}')
    with pytest.raises(Invalid, match="reads prompts of version 1"):
        checkpoint_register(name="mine", path=path, prompt_version="2")
    assert not Checkpoint.objects.exists()


def test_an_endpoint_that_is_named_again_keeps_its_version(settings: Any) -> None:
    settings.POLICY_HOSTS = ["policies.test"]
    url = "http://policies.test:8000"
    assert checkpoint_register(name="new", path=url).prompt_version == "2"
    checkpoint_register(name="old", path=url, prompt_version="1")
    assert checkpoint_register(name="old", path=url, style="bare").prompt_version == "1"


def test_the_form_takes_a_version_for_a_folder_that_says_none(
    engineer: Client, tmp_path: Path
) -> None:
    add = "/admin/training/checkpoint/add/"
    data = {"name": "mine", "kind": "policy", "path": folder_of(tmp_path, "{}")}
    data |= {"style": "bare", "layout": "answer_last", "prompt_version": "2"}
    shown = engineer.post(add, data).content.decode()
    assert "reads prompts of version 1 and would be asked with version 2" in shown
    engineer.post(add, {**data, "prompt_version": ""})
    assert Checkpoint.objects.get().prompt_version == "1"
    (tmp_path / "stepwise.json").unlink()
    page = f"/admin/training/checkpoint/{Checkpoint.objects.get().pk}/change/"
    engineer.post(page, {**data, "prompt_version": ""})
    assert Checkpoint.objects.get().prompt_version == "2"
    assert '<td class="field-prompt_version">2</td>' in (
        engineer.get("/admin/training/checkpoint/").content.decode()
    )


def test_a_run_is_given_the_version_of_its_policy_and_leaves_one_of_it(
    settings: Any, tmp_path: Path
) -> None:
    settings.RUNS_DIR = tmp_path
    project = make_project()
    truth_make(pair_make(project, "q", "t"))
    run = run_make(project, policy=policy_make(version="2"), release=release_make(project))
    folder = snapshot_build(run=run)
    assert load_config(folder / "run.toml").prompt_version == "2"
    assert json.loads((folder / "manifest.json").read_text())["prompt_version"] == "2"
    folder_of(folder / "model", '{"prompt_version": "2"}')
    assert checkpoint_record(run=run, folder=folder).prompt_version == "2"
    folder_of(folder / "model", '{"prompt_version": "9"}')
    with pytest.raises(ResultMissing, match="must be one of 1, 2, not '9'"):
        checkpoint_record(run=run, folder=folder)


def test_a_run_from_a_folder_that_has_changed_is_refused_before_it_starts(
    tmp_path: Path,
) -> None:
    policy = policy_make(folder_of(tmp_path, '{"prompt_version": "2"}'))
    with pytest.raises(ConfigError) as refused:
        config_check(method="srpo", policy=policy, rm=None, config={})
    assert "would be asked with version 1: register the folder again" in refused.value.message
