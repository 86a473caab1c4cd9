"""What a few rollouts would earn, before a run is launched."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from annotation.cot.errors import Invalid
from annotation.models import Project, QueueItem, Step
from tests.factories import make_project
from tests.training.scripted_policy import Scripted
from tests.training.world import cot, pair_make, policy_make, rm_make, trainable, truth_make
from training.models import Checkpoint, LaunchThresholds, RolloutBatch, StepScore
from training.rollouts.batches import batch_run
from training.runs.dry_run import dry_run_of, dry_run_start

pytestmark = pytest.mark.django_db
CONFIG: dict[str, Any] = {"rl": {"group": 2, "prompts": 4, "updates": 3, "micro_batch": 8}}


@pytest.fixture
def project() -> Project:
    """Two training pairs, of which one has all its truths (4 is right) and one none but 3."""
    project = make_project()
    trainable(project)
    truth_make(pair_make(project, "green chair", "chair three"), kinds=(3,))
    return project


def run_dry(project: Project, *tiers: str, rm: Checkpoint | None = None) -> Any:
    policy = Checkpoint.objects.filter(kind="policy").first() or policy_make()
    choice: dict[str, Any] = {
        "project": project, "method": "srpo", "policy": policy, "rm": rm, "config": CONFIG,
    }  # fmt: skip
    batch = dry_run_start(**choice)
    texts = [cot(tier=tier) if tier else "no idea" for tier in tiers]
    batch_run(batch_id=batch.pk, client=Scripted(*texts))
    return dry_run_of(**choice)[1]


def test_it_samples_a_group_a_pair_and_queues_nothing(project: Project) -> None:
    report = run_dry(project, "4", "2")
    assert (report.pairs, report.group, report.parsed) == (2, 2, 1.0)
    assert not QueueItem.objects.exists()


def test_it_says_where_rewards_come_from_and_how_many_differ(project: Project) -> None:
    report = run_dry(project, "4", "2")
    # 4 rollouts of 5 steps: consensus 3 + 3 on one pair, 1 + 1 on the other
    assert report.sources == {"consensus": 8 / 20, "none": 12 / 20}
    assert report.histogram[5] == {
        "0": 1, "below half": 0, "half and above": 0, "1": 1, "masked": 2,
    }  # fmt: skip
    assert report.zero_variance == 0.5  # the pair without a known tier
    # z of the one differing step is +-1/sqrt(2) (eps aside), and it is credited to all five
    # steps of two of the four rollouts
    assert report.mean_advantage == pytest.approx(0.5 / 2**0.5, abs=1e-3)
    assert report.inflow == 2  # steps 1 and 2 of both pairs are undecided


def test_the_reward_model_counts_where_it_has_judged(project: Project) -> None:
    run_dry(project, "4", "2")
    rm = rm_make()
    for step in Step.objects.filter(kind=1):
        StepScore.objects.create(step=step, rm=rm, p=0.25)
    report = run_dry(project, rm=rm)
    assert report.sources["rm"] == 4 / 20
    assert report.histogram[1]["0"] == 4  # its word counts, not its probability


def test_what_does_not_parse_earns_nothing_and_opens_nothing(project: Project) -> None:
    report = run_dry(project, "", "")
    assert (report.parsed, report.inflow, report.zero_variance) == (0.0, 0, 1.0)
    assert report.sources == {"format": 1.0}


def test_asking_twice_samples_once_and_a_failed_one_can_be_had_again(project: Project) -> None:
    choice: dict[str, Any] = {
        "project": project, "method": "srpo", "policy": policy_make(), "config": CONFIG,
    }  # fmt: skip
    first = dry_run_start(**choice)
    assert dry_run_start(**choice) == first
    assert dry_run_of(**choice) == (first, None)
    RolloutBatch.objects.update(state="failed", finished_at=timezone.now())
    assert dry_run_start(**choice) != first


def test_another_group_size_is_another_dry_run(project: Project) -> None:
    run_dry(project, "4", "2")
    other = {**CONFIG, "rl": {**CONFIG["rl"], "group": 4}}
    policy = Checkpoint.objects.get(kind="policy")
    seen = dry_run_of(project=project, method="srpo", policy=policy, config=other)
    assert seen == (None, None)


def test_a_method_that_imitates_has_none(project: Project) -> None:
    with pytest.raises(Invalid, match="sft is not rewarded"):
        dry_run_start(project=project, method="sft", policy=policy_make(), config={})


def test_nothing_known_is_nothing_to_sample() -> None:
    with pytest.raises(Invalid, match="no pair"):
        dry_run_start(
            project=make_project(), method="srpo", policy=policy_make(), config=CONFIG
        )


def test_the_command_prints_the_checks_and_fails_where_a_launch_would(
    project: Project, tmp_path: Path
) -> None:
    LaunchThresholds.objects.filter(project=project).update(varied_pairs=0.9)
    run_dry(project, "4", "2")
    toml = tmp_path / "run.toml"
    toml.write_text("[rl]\ngroup = 2\nprompts = 4\nupdates = 3\nmicro_batch = 8\n")
    out = StringIO()
    with pytest.raises(CommandError, match="would be refused"):
        call_command(
            "preflight", project.slug, "srpo", policy="policy", run_config=str(toml),
            json=True, stdout=out,
        )  # fmt: skip
    body = json.loads(out.getvalue())
    assert [(row["name"], row["met"]) for row in body["checks"]] == [("varied_pairs", False)]
    assert body["dry_run"]["pairs"] == 2
    LaunchThresholds.objects.filter(project=project).update(varied_pairs=0.5)
    lines = StringIO()
    call_command("preflight", project.slug, "srpo", policy="policy", stdout=lines)
    assert "met: in 1 of 2 pairs" in lines.getvalue()
