from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from annotation.models import Project
from tests.factories import make_project
from tests.training.world import (
    pair_make,
    policy_make,
    resolve,
    rm_make,
    rollout_make,
    run_make,
    truth_make,
)
from training.models import Checkpoint, TrainingRun
from training.runs.preflight import Preflight, preflight
from training.runs.snapshot import snapshot_build

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project()


def check(project: Project, method: str = "srpo", **values: Any) -> Preflight:
    policy = values.pop("policy", None) or policy_make()
    choice: dict[str, Any] = {"rm": None, "config": {}, **values}
    return preflight(project=project, method=method, policy=policy, **choice)


def test_it_counts_pairs_truth_and_labels(project: Project) -> None:
    one, two = pair_make(project, "q1", "a"), pair_make(project, "q2", "b")
    truth_make(one)
    truth_make(two, source="silver", kinds=(3,))
    for title in ("c", "d"):
        truth_make(pair_make(project, "held out", title, split="test"), source="gold")
    resolve(rollout_make(one), {1: "correct", 5: "incorrect", 4: ""})
    summary = check(project, rm=rm_make())
    assert summary.ready
    assert (summary.train_pairs, summary.train_queries) == (2, 2)
    assert (summary.eval_pairs, summary.eval_queries) == (2, 1)
    assert summary.truth == {
        3: {"consensus": 1, "silver": 1},
        4: {"consensus": 1},
        5: {"consensus": 1},
    }
    assert summary.human_share == 0.75
    assert (summary.labelled_rollouts, summary.labelled_steps) == (1, 2)
    assert summary.verdicts == {"correct": 1, "incorrect": 1}
    assert summary.estimated_seconds is None
    assert summary.warnings == (
        "the run is measured on 1 queries: below 20, an interval says little about other "
        "queries",
    )


def test_what_the_tiers_imply_is_counted_under_its_own_name(project: Project) -> None:
    truth_make(pair_make(project, "q1", "a"), kinds=(5,))  # tier 4
    truth_make(pair_make(project, "q2", "b"), source="gold", kinds=(3, 5))
    assert check(project).truth == {
        3: {"gold": 1, "implied": 1}, 4: {}, 5: {"consensus": 1, "gold": 1},
    }  # fmt: skip


def test_it_counts_the_pairs_that_the_snapshot_takes(
    project: Project, settings: Any, tmp_path: Path
) -> None:
    settings.RUNS_DIR = tmp_path
    for number in range(12):
        split = "test" if number % 2 else "train"
        truth_make(pair_make(project, f"q{number // 4}{split}", f"t{number}", split=split))
    config = {"data": {"train_limit": 3, "eval_limit": 1}}
    policy = policy_make()
    summary = check(project, config=config, policy=policy)
    assert (summary.train_pairs, summary.train_queries) == (3, 3)  # of all in turn
    assert (summary.eval_pairs, summary.eval_queries) == (2, 1)
    assert summary.truth[5] == {"consensus": 3}
    folder = snapshot_build(run=run_make(project, policy=policy, config=config))
    assert len((folder / "train.jsonl").read_text().splitlines()) == summary.train_pairs
    assert len((folder / "eval.jsonl").read_text().splitlines()) == summary.eval_pairs
    cut = check(project, policy=policy, config={"eval": {"limit": 3}})
    assert (cut.eval_pairs, cut.eval_queries) == (3, 2)


def test_twenty_queries_are_enough_for_an_interval(project: Project) -> None:
    truth_make(pair_make(project, "q", "t"))
    policy = policy_make()
    for number in range(20):
        truth_make(pair_make(project, f"e{number}", "t", split="test"))
        few = [line for line in check(project, policy=policy).warnings if "below 20" in line]
        assert bool(few) == (number < 19)


def test_what_blocks_is_said(project: Project) -> None:
    policy = policy_make()
    summary = check(project, policy=policy)
    assert not summary.ready
    assert summary.problems == (
        "no training pair has a known answer: import verified answers, or have rollouts of "
        "training pairs labelled",
        "no pair is in the test split: nothing to evaluate on. "
        "Import more queries, or choose the other split",
    )
    assert not summary.test_pairs_due
    pair_make(project, "q", "t", split="test")
    summary = check(project, policy=policy)
    assert summary.test_pairs_due
    assert summary.problems[1] == (
        "no pair of the test split has a verified tier: nothing to evaluate on. "
        "Sample test pairs, and have them labelled"
    )
    assert summary.human_share is None


def test_a_silver_tier_is_nothing_to_evaluate_on(project: Project) -> None:
    truth_make(pair_make(project, "q", "t"))
    truth_make(pair_make(project, "e", "t", split="test"), source="silver")
    assert len(check(project).problems) == 1


def test_a_reward_model_needs_labels_and_nothing_else(project: Project) -> None:
    policy = policy_make()
    (problem,) = check(project, "rm", policy=policy).problems
    assert "nothing to learn" in problem
    rollout = rollout_make(pair_make(project, "q", "t"))
    resolve(rollout, {1: "correct"})
    (problem,) = check(project, "rm", policy=policy).problems
    assert problem == "every decided step is correct: a reward model needs both verdicts"
    resolve(rollout, {2: "incorrect"})
    assert check(project, "rm", policy=policy).ready


def test_a_bad_setting_is_a_problem_not_an_exception(project: Project) -> None:
    assert "rl.group" in check(project, config={"rl": {"group": 0}}).problems[0]


def test_rewards_that_nobody_gave_are_warned_about(project: Project) -> None:
    truth_make(pair_make(project, "q", "t"), source="gold")
    truth_make(pair_make(project, "e", "t", split="test"))
    assert check(project).warnings[:2] == (
        "without a reward model steps 1 and 2 get no reward",
        "no step reward would come from people",
    )


def test_the_open_steps_that_the_reward_model_will_leave_alone_are_named(
    project: Project,
) -> None:
    truth_make(pair_make(project, "q", "t"))
    policy = policy_make()
    by_kind = {"1": {"kappa": 0.2149}, "2": {"kappa": None}, "3": {"kappa": 0.1}}
    run = TrainingRun.objects.create(
        project=project,
        method="rm",
        policy=policy,
        report={"rm": {"held_out": {"by_kind": by_kind}}},
    )
    rm = rm_make()
    Checkpoint.objects.filter(pk=rm.pk).update(run=run)
    rm.refresh_from_db()

    def about(**rewards: Any) -> list[str]:
        summary = check(project, policy=policy, rm=rm, config={"rewards": rewards})
        return [line for line in summary.warnings if "kappa" in line]

    assert about() == [
        "rm does not reward step 1: its kappa with people on held-out queries is 0.21, and "
        "0.40 is wanted (rewards.least_kappa)",
        "rm does not reward step 2: its kappa with people on held-out queries is unknown, and "
        "0.40 is wanted (rewards.least_kappa)",
    ]
    assert len(about(least_kappa=0.2)) == 1
    assert about(least_kappa=-1.0) == about(source="rm_only") == []


def test_a_step_that_word_overlap_would_teach_is_warned_about_until_silver_is_off(
    project: Project,
) -> None:
    for number in range(3):
        pair = pair_make(project, f"q{number}", "t")
        truth_make(pair, kinds=(5,))
        truth_make(pair, source="silver", kinds=(4,))
    truth_make(pair_make(project, "known", "t"), kinds=(3, 4, 5))
    policy = policy_make()
    about = [line for line in check(project, policy=policy).warnings if "silver" in line]
    assert about == [
        "of what rewards step 4, 75 % is silver, which is word overlap: the policy learns that "
        "there. use_silver = false leaves it without a reward"
    ]
    off = check(project, policy=policy, config={"use_silver": False})
    outcome = check(project, "grpo", policy=policy)
    assert not any("silver" in line for line in (*off.warnings, *outcome.warnings))


def test_the_estimate_is_the_median_of_finished_runs_of_the_method(project: Project) -> None:
    now, policy = timezone.now(), policy_make()
    for seconds in (10, 20, 90):
        TrainingRun.objects.create(
            project=project,
            method="srpo",
            policy=policy,
            state="finished",
            attempt=1,
            started_at=now - timedelta(seconds=seconds),
            finished_at=now,
        )
    assert check(project, policy=policy).estimated_seconds == 20
    assert check(make_project(slug="other"), policy=policy).estimated_seconds == 20
    assert check(project, "sft", policy=policy).estimated_seconds is None
