from __future__ import annotations

import io
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from annotation.models import Project, Rollout
from tests.factories import make_project
from tests.training.world import (
    HERE,
    appointed,
    model_folder_make,
    pair_make,
    policy_make,
    resolve,
    rm_make,
    rollout_make,
    stand_in,
    trainable,
)
from training.models import Checkpoint, Disagreement, TrainingRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(settings: Any, tmp_path: Path) -> Project:
    settings.RUNS_DIR = tmp_path / "runs"
    settings.TRAIN_LAUNCHER = stand_in("stand_in_trainer.py", "finish")
    return make_project(slug="shop")


def rl_python(settings: Any, tmp_path: Path, script: str) -> None:
    launcher = tmp_path / "python"
    launcher.write_text(f'#!/bin/sh\nexec {sys.executable} {HERE}/{script} "$@"\n')
    launcher.chmod(launcher.stat().st_mode | stat.S_IEXEC)
    settings.RL_PYTHON = str(launcher)


def output_of(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out, stderr=out)
    return out.getvalue()


def test_launch_run_trains_in_the_foreground(project: Project) -> None:
    trainable(project)
    policy_make()
    text = output_of("launch_run", "shop", "srpo", "--policy", "policy")
    run = TrainingRun.objects.get()
    assert run.state == TrainingRun.State.FINISHED
    assert "note: without a reward model" in text
    assert text.endswith(f"run {run.pk} finished: {run.run_dir}\n")


def test_launch_run_says_what_blocks_and_creates_nothing(project: Project) -> None:
    policy_make()
    with pytest.raises(CommandError, match="no training pair has a known answer"):
        output_of("launch_run", "shop", "srpo", "--policy", "policy")
    assert not TrainingRun.objects.exists()


def test_launch_run_ends_with_the_runs_error(project: Project, settings: Any) -> None:
    trainable(project)
    policy_make()
    settings.TRAIN_LAUNCHER = stand_in("stand_in_trainer.py", "bad_input")
    with pytest.raises(CommandError, match=r"failed: train\.jsonl line 1: no truth"):
        output_of("launch_run", "shop", "sft", "--policy", "policy")


def test_an_unreadable_config_file_is_named(project: Project, tmp_path: Path) -> None:
    policy_make()
    path = tmp_path / "c.toml"
    for text in (None, "rl = ["):
        if text is not None:
            path.write_text(text)
        with pytest.raises(CommandError, match=r"c\.toml"):
            output_of("launch_run", "shop", "sft", "--policy", "policy", "--config", str(path))


@pytest.mark.parametrize("command", ["sample_rollouts", "score_steps"])
def test_an_unknown_project_is_answered_with_the_known_ones(
    project: Project, command: str
) -> None:
    with pytest.raises(CommandError, match=r"no project 'x' \(projects: shop\)"):
        output_of(command, "x")


def test_an_unknown_checkpoint_is_answered_with_the_known_ones(project: Project) -> None:
    policy_make()
    with pytest.raises(CommandError, match=r"no checkpoint 'x' \(checkpoints: policy\)"):
        output_of("sample_rollouts", "shop", "--policy", "x")


def test_the_shipped_policy_is_known_without_being_registered(
    project: Project, settings: Any, tmp_path: Path
) -> None:
    settings.SEED_POLICY = tmp_path / "seed"
    with pytest.raises(CommandError, match="holds no Hugging Face model"):
        output_of("sample_rollouts", "shop")
    model_folder_make(tmp_path / "seed")
    (tmp_path / "seed" / "stepwise.json").write_text('{"style": "bare"}')
    with pytest.raises(CommandError, match="there is no pair to sample"):
        output_of("sample_rollouts", "shop")
    seed = Checkpoint.objects.get(name="seed")
    assert (seed.path, seed.style, seed.layout) == (
        str(tmp_path / "seed"), "bare", "answer_last",
    )  # fmt: skip


def test_sample_rollouts_samples_what_is_due(
    project: Project, settings: Any, tmp_path: Path
) -> None:
    rl_python(settings, tmp_path, "stand_in_sampler.py")
    policy_make()
    for name in ("a", "b", "c"):
        pair_make(project, name, name)
    text = output_of(
        "sample_rollouts", "shop", "--policy", "policy", "--limit", "2", "--n", "2"
    )
    assert text.endswith("4 rollouts\n")
    assert Rollout.objects.count() == 4


def test_score_steps_scores_and_lists_disagreements(
    project: Project, settings: Any, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match="no reward model is in charge"):
        output_of("score_steps", "shop")
    rl_python(settings, tmp_path, "stand_in_scorer.py")
    resolve(rollout_make(pair_make(project, "q", "t")), {3: "incorrect", 4: "incorrect"})
    rm = rm_make()
    text = output_of("score_steps", "shop", "--rm", "rm")
    assert text == "5 steps scored; rm is not in charge\n"
    assert not Disagreement.objects.exists()
    appointed(project, rm)
    text = output_of("score_steps", "shop")
    assert text == "0 steps scored, 1 disagreements with people\n"
    assert Disagreement.objects.get().step.kind == 3
