from __future__ import annotations

import stat
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from annotation.cot.errors import Invalid
from annotation.models import Project, Step
from annotation.models.job_run import jobs_recover
from tests.factories import make_project
from tests.training.speaking_server import serving
from tests.training.world import (
    HERE,
    appointed,
    cot,
    model_folder_make,
    pair_make,
    policy_make,
    rm_make,
    rollout_make,
    run_make,
)
from training.models import Checkpoint, ScoringJob, StepScore
from training.scoring.scoring import (
    ScoringFailed,
    scoring_retry,
    step_rows,
    steps_score,
    steps_score_due,
)
from training.scoring.select import current_rm, scoring_due_now, steps_due_for_scoring

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(settings: Any, tmp_path: Path) -> Project:
    settings.RUNS_DIR = tmp_path / "runs"
    launcher = tmp_path / "python"
    launcher.write_text(f'#!/bin/sh\nexec {sys.executable} {HERE}/stand_in_scorer.py "$@"\n')
    launcher.chmod(launcher.stat().st_mode | stat.S_IEXEC)
    settings.RL_PYTHON = str(launcher)
    return make_project()


@pytest.fixture
def rm() -> Checkpoint:
    return rm_make()


def test_every_step_of_a_well_formed_rollout_gets_a_score_once(
    project: Project, rm: Checkpoint
) -> None:
    rollout_make(pair_make(project, "q", "t"))
    assert steps_score_due(project=project, rm=rm) == 5
    scores = StepScore.objects.filter(rm=rm)
    assert {s.step.kind: s.p for s in scores} == {1: 0.2, 2: 0.2, 3: 0.9, 4: 0.2, 5: 0.2}
    assert scores[0].critique == "because, local"
    assert steps_score_due(project=project, rm=rm) == 0
    assert steps_score(rm=rm, steps=list(Step.objects.all())) == 0, "scored before is kept"


def test_malformed_rollouts_and_other_projects_are_not_due(
    project: Project, rm: Checkpoint
) -> None:
    rollout_make(pair_make(project, "q", "t"), text="no steps at all")
    rollout_make(pair_make(make_project(slug="other"), "q", "t"))
    assert not steps_due_for_scoring(project=project, rm=rm).exists()


def test_a_model_is_asked_about_the_steps_it_learned_from_people(
    project: Project, rm: Checkpoint
) -> None:
    rollout_make(pair_make(project, "q", "t"))
    run = run_make(project, method="rm")
    run.report = {"rm": {"held_out": {"by_kind": {"5": {"n": 3}}}}}
    run.save(update_fields=["report"])
    rm.run = run
    rm.save(update_fields=["run"])
    due = steps_due_for_scoring(project=project, rm=rm)
    assert [step.kind for step in due] == [5]


def test_the_prompt_of_step_k_shows_steps_one_to_k(project: Project) -> None:
    rollout = rollout_make(pair_make(project, "red chair", "chair one"))
    rows = {row["kind"]: row["prompt"] for row in step_rows(rollout.steps.all(), "1")}
    assert "## 2 item analysis" in rows[2]
    assert "## 3" not in rows[2]
    assert rows[5].count("## ") == 6
    assert rows[1].startswith("query: red chair\ntitle: chair one\n")
    assert rows[3].endswith("## review step 3\n")


def test_a_reward_model_is_asked_in_its_own_version_and_not_against_its_folder(
    project: Project, tmp_path: Path
) -> None:
    pair = pair_make(project, "red chair", "chair one")
    pair.product.description = "it may explode"  # as the scorer does that reads this
    pair.product.save()
    steps = list(rollout_make(pair).steps.all())
    assert steps_score(rm=rm_make(), steps=steps) == 5
    new = rm_make(str(model_folder_make(tmp_path / "rm")), "new", version="2")
    with pytest.raises(ScoringFailed, match="model folder is damaged"):
        steps_score(rm=new, steps=steps)
    (tmp_path / "rm" / "stepwise.json").write_text('{"prompt_version": "1"}')
    with pytest.raises(Invalid, match="reads prompts of version 1 and would be asked with"):
        steps_score(rm=new, steps=steps)


def test_an_answer_that_comes_first_is_judged_before_its_reasons(project: Project) -> None:
    text = cot()
    head, _, tail = text.partition("## 5")
    rollout = rollout_make(
        pair_make(project, "q", "t"), text=f"## 5{tail}{head}", layout="answer_first"
    )
    rows = {row["kind"]: row["prompt"] for row in step_rows(rollout.steps.all(), "1")}
    assert "## 1" not in rows[5]
    assert rows[1].index("## 5") < rows[1].index("## 1")
    assert "## 2" not in rows[1]


def test_a_scorer_that_dies_is_an_error_with_its_last_line(
    project: Project, rm: Checkpoint, settings: Any
) -> None:
    rollout_make(pair_make(project, "explode", "t"))
    with pytest.raises(ScoringFailed, match="code 1: model folder is damaged"):
        steps_score_due(project=project, rm=rm)
    assert list(settings.RUNS_DIR.iterdir()) == [], "the job folder is removed"


def test_only_a_local_reward_model_can_score(project: Project) -> None:
    rollout = rollout_make(pair_make(project, "q", "t"))
    steps = list(rollout.steps.all())
    with pytest.raises(Invalid, match="not a reward model"):
        steps_score(rm=policy_make(), steps=steps)
    with pytest.raises(Invalid, match="needs its folder"):
        steps_score(rm=rm_make("http://rm", "remote"), steps=steps)


def test_the_current_reward_model_is_the_appointed_one_and_not_the_newest(
    project: Project,
) -> None:
    run = run_make(project, method="rm")
    old, new = (
        Checkpoint.objects.create(name=name, kind="rm", path="/rm", run=run)
        for name in ("old", "new")
    )
    assert current_rm(project) is None
    appointed(project, new)
    appointed(project, old)
    assert current_rm(project) == old
    assert current_rm(make_project(slug="other")) is None


def test_while_one_worker_scores_another_steps_back(project: Project, rm: Checkpoint) -> None:
    rollout_make(pair_make(project, "q", "t"))
    ScoringJob.objects.create(
        project=project,
        rm=rm,
        state="running",
        lease_token="other",
        lease_expires_at=timezone.now() + timedelta(minutes=1),
    )
    assert steps_score_due(project=project, rm=rm) is None
    ScoringJob.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    assert steps_score_due(project=project, rm=rm) == 5


def test_a_scorer_that_dies_twice_is_parked_with_its_last_line_until_somebody_retries(
    project: Project, rm: Checkpoint
) -> None:
    rollout_make(pair_make(project, "explode", "t"))
    for _ in range(2):
        assert scoring_due_now(project=project, rm=rm)
        with pytest.raises(ScoringFailed):
            steps_score_due(project=project, rm=rm)
        jobs_recover(ScoringJob)
    job = ScoringJob.objects.get()
    assert job.state == "failed"
    assert "model folder is damaged" in job.error
    assert not scoring_due_now(project=project, rm=rm)
    assert steps_score_due(project=project, rm=rm) is None
    assert scoring_retry(project=project, rm=rm)
    assert scoring_due_now(project=project, rm=rm)


def test_the_installations_server_scores_for_the_reward_model_it_has_loaded(
    project: Project, settings: Any
) -> None:
    loaded, other = rm_make("/models/loaded", "loaded"), rm_make("/models/other", "other")
    rollout_make(pair_make(project, "q", "t"))
    with serving() as server:
        settings.RM_URL, server.models = server.url, [loaded.path]
        assert steps_score(rm=loaded, steps=list(Step.objects.all())) == 5
        assert steps_score(rm=other, steps=list(Step.objects.all())) == 5
    asked_of = {s.rm.name: s.critique for s in StepScore.objects.select_related("rm")}
    assert asked_of == {"loaded": f"because, {server.url}", "other": "because, local"}


def test_a_server_of_judges_that_is_away_is_named_and_nothing_is_lost(
    project: Project, rm: Checkpoint, settings: Any
) -> None:
    with serving() as server:
        settings.RM_URL = server.url
    rollout_make(pair_make(project, "q", "t"))
    with pytest.raises(ScoringFailed, match="does not list its models"):
        steps_score(rm=rm, steps=list(Step.objects.all()))
