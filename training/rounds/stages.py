"""What each stage of a round begins: a batch, a release, or a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib.auth.models import User

from annotation.cot.errors import Invalid
from annotation.cot.wording import wording as _
from annotation.models import Round
from training.models import Checkpoint, RolloutBatch, TrainingRun
from training.rollouts.batches import batch_create
from training.rounds.facts import round_release
from training.rounds.plan import Plan
from training.rounds.select import pairs_for_round, rewarding_rm
from training.rounds.standing import State
from training.runs.runs import run_create
from verifier.services.release import release_cut
from verifier.services.truth import truth_refresh

Job = RolloutBatch | TrainingRun
Begin = Callable[[Round, Plan, User | None], list[Job]]


def sampling_begin(row: Round, plan: Plan, user: User | None) -> list[Job]:
    """The round's number is the seed, so that a policy that is sampled again writes anew."""
    return [
        batch_create(
            project=row.project,
            policy=_policy(row),
            pairs=pairs_for_round(row.project, plan.pairs),
            n=plan.rollouts,
            temperature=plan.temperature,
            max_tokens=plan.max_tokens,
            seed=row.number,
            queue_limit=plan.items,
            round=row,
        )
    ]


def release_begin(row: Round, plan: Plan, user: User | None) -> list[Job]:
    truth_refresh(project=row.project)
    row.release = release_cut(project=row.project, user=user).number
    row.save(update_fields=["release"])
    return []


def judging_begin(row: Round, plan: Plan, user: User | None) -> list[Job]:
    return [_run(row, "rm", plan.rm, user)]


def training_begin(row: Round, plan: Plan, user: User | None) -> list[Job]:
    return [_run(row, plan.method, plan.policy, user, rm=rewarding_rm(row.project))]


def _run(
    row: Round, method: str, config: Mapping[str, Any], user: User | None, **more: Any
) -> TrainingRun:
    return run_create(
        project=row.project,
        method=method,
        policy=_policy(row),
        config=config,
        release=round_release(row),
        user=user,
        round=row,
        **more,
    )


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
