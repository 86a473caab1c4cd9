"""What each stage of a round begins: a batch, a release, or a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User

from annotation.cot.errors import Invalid
from annotation.cot.wording import wording as _
from annotation.models import Round
from training.models import Checkpoint, RolloutBatch, TrainingRun
from training.rollouts.batches import batch_create
from training.rounds.facts import round_release
from training.rounds.pairs import round_pairs
from training.rounds.plan import Plan
from training.rounds.select import rewarding_rm
from training.rounds.standing import State
from training.runs.runs import run_create
from training.runs.waivers import Waiver
from verifier.services.release import release_cut
from verifier.services.truth import truth_refresh

Job = RolloutBatch | TrainingRun


@dataclass(frozen=True, slots=True)
class Starter:
    """Who begins a stage (None: the autopilot), and what lets a refused launch through."""

    user: User | None = None
    waiver: Waiver | None = None


Begin = Callable[[Round, Plan, Starter], list[Job]]


def sampling_begin(row: Round, plan: Plan, by: Starter) -> list[Job]:
    """The round's number is the seed, so that a policy that is sampled again writes anew."""
    return [
        batch_create(
            project=row.project,
            policy=_policy(row),
            pairs=round_pairs(row.project, plan, row.number),
            n=plan.rollouts,
            temperature=plan.temperature,
            max_tokens=plan.max_tokens,
            seed=row.number,
            queue_limit=plan.items,
            round=row,
        )
    ]


def release_begin(row: Round, plan: Plan, by: Starter) -> list[Job]:
    truth_refresh(project=row.project)
    row.release = release_cut(project=row.project, user=by.user).number
    row.save(update_fields=["release"])
    return []


def judging_begin(row: Round, plan: Plan, by: Starter) -> list[Job]:
    return [_run(row, "rm", plan.rm, by)]


def training_begin(row: Round, plan: Plan, by: Starter) -> list[Job]:
    return [_run(row, plan.method, plan.policy, by, rm=rewarding_rm(row.project))]


def _run(
    row: Round, method: str, config: Mapping[str, Any], by: Starter, **more: Any
) -> TrainingRun:
    """The waiver is this stage's, else the one that the whole round was started with."""
    return run_create(
        project=row.project,
        method=method,
        policy=_policy(row),
        config=config,
        release=round_release(row),
        user=by.user,
        round=row,
        waiver=by.waiver or round_waiver(row),
        **more,
    )


def round_waiver(row: Round) -> Waiver | None:
    return Waiver(row.waived_by, row.waiver) if row.waived_by else None


def _policy(row: Round) -> Checkpoint:
    policy = Checkpoint.objects.filter(name=row.policy).first()
    if policy is None:
        raise Invalid(_("the round's policy %(name)s is gone", name=row.policy))
    return policy


BEGIN: Mapping[State, Begin] = {
    State.SAMPLING: sampling_begin,
    State.RELEASING: release_begin,
    State.JUDGING: judging_begin,
    State.TRAINING: training_begin,
}
