"""The services against the real sampler, trainer and scorer, through their job folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from annotation.cot.steps import StepKind
from annotation.models import Project, QueueItem, Resolution, Rollout, Step
from tests.flows.trainable import trainable_make
from tests.training.world import cot, differences, resolve, rollout_make
from training.models import Checkpoint, StepScore, TrainingRun
from training.rollouts.batches import batch_create, batch_run
from training.rollouts.offered import SAMPLE_SOURCE
from training.rollouts.select import pairs_due_for_rollout
from training.runs.checkpoints import seed_policy
from training.runs.runs import run_create, run_launch
from training.scoring.scoring import steps_score_due

pytestmark = [pytest.mark.django_db, pytest.mark.flow, pytest.mark.rl]


def test_rollouts_a_reward_model_and_its_scores_come_out_of_real_processes(
    settings: Any, tmp_path: Path
) -> None:
    settings.RUNS_DIR = tmp_path
    trainable_make()
    project, policy = Project.objects.get(), seed_policy()
    project.pairs.update(source=SAMPLE_SOURCE)  # the shipped policy writes about nothing else
    refuted = rollout_make(project.pairs.filter(split="train").latest("pk"), cot("1"), index=1)
    resolve(refuted, dict.fromkeys(StepKind, "incorrect"))

    due = pairs_due_for_rollout(project=project, policy=policy, limit=2)
    queued = batch_create(
        project=project, policy=policy, pairs=due, n=2, seed=1, max_tokens=192
    )
    batch = batch_run(batch_id=queued.pk)
    assert batch is not None
    assert (batch.state, batch.error, batch.rollouts_done) == ("done", "", 4)
    sampled = Rollout.objects.filter(policy="seed")
    parsed = sampled.filter(parse_error="")
    assert parsed.count() >= 2, "the shipped policy writes five steps"
    assert QueueItem.objects.filter(rollout__in=parsed, state="open").count() == parsed.count()
    assert QueueItem.objects.filter(rollout__in=sampled).count() == parsed.count()

    config = {"fit": {"epochs": 1, "batch_size": 4}}
    run = run_create(project=project, method="rm", policy=policy, config=config)
    done = run_launch(run_id=run.pk, worker="here")
    assert done is not None
    assert (done.state, done.error) == (TrainingRun.State.FINISHED, "")
    rm = Checkpoint.objects.get(run=run)

    steps = Step.objects.filter(rollout__parse_error="")
    assert steps_score_due(project=project, rm=rm) == steps.count()
    scores = StepScore.objects.filter(rm=rm)
    assert all(0 < score.p < 1 for score in scores)
    assert {score.step.kind for score in scores} == {int(kind) for kind in StepKind}
    differ = [
        verdict
        for kind, rollout, verdict in Resolution.objects.values_list(
            "kind", "item__rollout", "verdict"
        )
        if (scores.get(step__rollout=rollout, step__kind=kind).p >= 0.5)
        != (verdict == "correct")
    ]
    assert len(differences(project, rm)) == len(differ)
