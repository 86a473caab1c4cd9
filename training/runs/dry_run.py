"""A look at what a run would be rewarded for, before it is launched: a few of its pairs are
sampled as its first update would, and nothing is trained or queued."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from annotation.cot.errors import Invalid
from annotation.cot.wording import wording as _
from annotation.models import Pair, Project
from training.job.config import RunConfig
from training.job.methods import METHODS
from training.models import Checkpoint, RolloutBatch
from training.rollouts.batches import batch_create
from training.runs.dry_run_report import DryRun, dry_run_read
from training.runs.preflight import train_pairs
from training.runs.run_config import ConfigError, DataOptions, config_check

PAIRS = 64
_SEEDS = 1_000_000  # a dry run's samples are not those of an ordinary batch of the same seed


def dry_run_start(
    *,
    project: Project,
    method: str,
    policy: Checkpoint,
    rm: Checkpoint | None = None,
    config: Mapping[str, Any],
) -> RolloutBatch:
    """Ask for a group of rollouts of up to ``PAIRS`` of the run's training pairs; the caller
    sends the task on commit. What has been asked for already is given back.

    Raises:
        Invalid: the method is not rewarded by its rollouts, the configuration is wrong, or
            there is no pair.
    """
    resolved, pairs = _choice(project, method, policy, rm, config)
    if not METHODS[method].takes_rm:
        raise Invalid(_("%(method)s is not rewarded for its rollouts", method=method))
    known = _batches(project, policy, resolved).exclude(state=RolloutBatch.State.FAILED).first()
    if known is not None:
        return known
    return batch_create(
        project=project,
        policy=policy,
        pairs=Pair.objects.filter(pk__in=pairs[:PAIRS]),
        queue_limit=0,
        **_sampling(resolved),
    )


def dry_run_of(
    *,
    project: Project,
    method: str,
    policy: Checkpoint,
    rm: Checkpoint | None = None,
    config: Mapping[str, Any],
) -> tuple[RolloutBatch | None, DryRun | None]:
    """The newest batch of this run's dry runs, and what it says once it is done."""
    try:
        resolved, pairs = _choice(project, method, policy, rm, config)
    except Invalid:
        return None, None  # the preflight says what is wrong
    batch = _batches(project, policy, resolved).first()
    if batch is None or batch.state != RolloutBatch.State.DONE:
        return batch, None
    report = dry_run_read(batch=batch, rm=rm, config=resolved, pairs=len(pairs))
    return batch, report


def _choice(
    project: Project,
    method: str,
    policy: Checkpoint,
    rm: Checkpoint | None,
    config: Mapping[str, Any],
) -> tuple[RunConfig, list[int]]:
    try:
        resolved = config_check(method=method, policy=policy, rm=rm, config=config)
        limit = DataOptions.of(config).train_limit
    except ConfigError as error:
        raise Invalid(error.message) from error
    return resolved, [pk for pk, _query in train_pairs(project, limit)]


def _sampling(config: RunConfig) -> dict[str, Any]:
    return {
        "n": config.rl.group,
        "temperature": config.rl.temperature,
        "top_k": config.rl.top_k,
        "max_tokens": config.rl.max_tokens,
        "seed": _SEEDS + config.seed,
    }


def _batches(project: Project, policy: Checkpoint, config: RunConfig) -> QuerySet[RolloutBatch]:
    """Sampled as this run would, the newest first."""
    return RolloutBatch.objects.filter(
        project=project, policy=policy, queue_limit=0, **_sampling(config)
    ).order_by("-pk")
