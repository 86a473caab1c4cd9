"""The reward model's P(correct) for steps that people may look at."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from annotation.cot.errors import Conflict, Invalid
from annotation.cot.steps import StepKind
from annotation.cot.wording import wording as _
from annotation.models import Project, Step
from annotation.models.job_run import job_run
from annotation.models.leases import queued_again
from training.job.child import JobFailed, job_rows
from training.job.folder import SCORES, STEPS
from training.job.job_toml import write_job
from training.job.prompts import PromptVersion, rm_prompt
from training.models import Checkpoint, ScoringJob, StepScore
from training.rollouts.records import pair_text, prompt_version_read
from training.rollouts.servers import outbound
from training.scoring.select import current_rm, steps_due_for_scoring
from training.serving.policy_client import PolicyError
from training.serving.policy_http import answers_for, served_models

_BATCH_SIZE = 128


class ScoringFailed(RuntimeError):
    """The scorer ended badly; the message is its last line."""


def steps_score(
    *, rm: Checkpoint, steps: Sequence[Step], on_wait: Callable[[], None] = lambda: None
) -> int:
    """Score steps by ``training.rl.reward_model.score``; steps scored before are kept.

    Returns:
        how many steps have a score of this model now that had none.

    Raises:
        Invalid: not a reward model, one without a folder, or one whose folder reads other
            prompts than its row says.
        ScoringFailed: what was scored until then is kept.
    """
    if rm.kind != Checkpoint.Kind.RM:
        raise Invalid(_("%(name)s is not a reward model", name=rm.name))
    if rm.is_remote:
        raise Invalid(
            _(
                "%(name)s is an address; scoring needs its folder for tokenizer and "
                "calibration: register that, and name the server in STEPWISE_RM_URL",
                name=rm.name,
            )
        )
    if not steps:
        return 0
    version = prompt_version_read(rm)
    before = StepScore.objects.filter(rm=rm, step__in=steps).count()
    root = Path(settings.RUNS_DIR)
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="scoring-", dir=root) as folder:
        job = Path(folder)
        about = {
            "model": rm.path,
            "server": _server(rm),
            "batch_size": _BATCH_SIZE,
            "threads": settings.TORCH_THREADS,
        }
        write_job(job, about, STEPS, step_rows(steps, version))
        for rows in _scored(job, on_wait):
            _scores_record(rm, rows, {step.pk for step in steps})
    return StepScore.objects.filter(rm=rm, step__in=steps).count() - before


def steps_score_due(*, project: Project, rm: Checkpoint, limit: int = 5_000) -> int | None:
    """Score what is due; None when another worker is at it or it is parked.

    Raises:
        ScoringFailed: it is tried once more, then parked with the reason.
    """
    row, _created = ScoringJob.objects.get_or_create(project=project, rm=rm)
    jobs = ScoringJob.objects.filter(pk=row.pk)
    jobs.filter(state=ScoringJob.State.DONE).update(**queued_again())

    def work(job: ScoringJob) -> dict[str, Any]:
        steps = list(steps_due_for_scoring(project=project, rm=rm, limit=limit))
        scored = steps_score(rm=rm, steps=steps)
        return {"state": ScoringJob.State.DONE, "scored": scored, "error": "", "setback": ""}

    done = job_run(jobs, work, worth_another=(ScoringFailed,))
    if done is None or done.state == ScoringJob.State.FAILED:
        return None
    return done.scored


def scoring_request(*, project: Project) -> ScoringJob:
    """The reward model in charge is to score what is due, also where its scoring was parked;
    the caller sends the task on commit.

    Raises:
        Conflict: none is in charge.
    """
    rm = current_rm(project)
    if rm is None:
        raise Conflict(_("no reward model is in charge; appoint one first"))
    scoring_retry(project=project, rm=rm)
    job, _created = ScoringJob.objects.get_or_create(project=project, rm=rm)
    return job


def scoring_retry(*, project: Project, rm: Checkpoint) -> bool:
    """Take a parked scoring up again; False when there is none."""
    parked = ScoringJob.objects.filter(project=project, rm=rm, state=ScoringJob.State.FAILED)
    return bool(parked.update(**queued_again(), error=""))


def step_rows(steps: Iterable[Step], version: PromptVersion) -> Iterator[dict[str, Any]]:
    """Lines of steps.jsonl: the prompt shows the rollout up to the judged step, in the order
    of its text, as the reward model was trained; ``version`` is the reward model's."""
    steps = list(steps)
    siblings: dict[int, list[Step]] = defaultdict(list)
    rollouts = {step.rollout_id for step in steps}
    for row in Step.objects.filter(rollout__in=rollouts).order_by("start"):
        siblings[row.rollout_id].append(row)
    for step in steps:
        yield {
            "step_id": str(step.pk),
            "kind": step.kind,
            "prompt": rm_prompt(
                pair_text(step.rollout.pair),
                [row.text for row in siblings[step.rollout_id] if row.start <= step.start],
                StepKind(step.kind),
                version=version,
            ),
        }


def _server(rm: Checkpoint) -> str:
    """The installation's server where it has loaded ``rm``, else "local"."""
    url = settings.RM_URL
    try:
        served = served_models(url, outbound=outbound()) if url else {}
    except PolicyError as error:
        raise ScoringFailed(str(error)) from error
    names = (rm.model_name or rm.path, Path(rm.path).name)
    return url if any(answers_for(served, name, rm.path) for name in names) else "local"


def _scored(job: Path, on_wait: Callable[[], None]) -> Iterator[list[dict[str, Any]]]:
    command = [settings.RL_PYTHON, "-m", "training.rl.reward_model.score", str(job)]
    try:
        yield from job_rows(
            command,
            job,
            SCORES,
            on_wait,
            threads=settings.TORCH_THREADS,
            more=outbound().environment(),
        )
    except JobFailed as error:
        raise ScoringFailed(f"scoring {error}") from error


@transaction.atomic
def _scores_record(rm: Checkpoint, rows: Iterable[dict[str, Any]], step_ids: set[int]) -> None:
    StepScore.objects.bulk_create(
        [
            StepScore(
                step_id=int(row["step_id"]),
                rm=rm,
                p=float(row["p"]),
                critique=row.get("critique") or "",
            )
            for row in rows
            if int(row["step_id"]) in step_ids and row.get("p") is not None
        ],
        ignore_conflicts=True,
    )
