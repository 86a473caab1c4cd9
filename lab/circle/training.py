"""The arrows that machines turn: runs, step scores, disagreements, the trained policy."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command

from annotation.cot.steps import OPEN_KINDS
from annotation.models import Pair
from lab.circle.context import Circle, StageFailed
from lab.compare.real.beside import beside
from lab.compare.real.ratings import rated_id
from training.disagreements.disagreements import (
    disagreements_open,
    disagreements_requeue,
    disagreements_settle,
)
from training.disagreements.select import disagreements_listed
from training.job.files import read_finished_jsonl
from training.job.folder import predictions_file
from training.job.methods import METHODS
from training.judges.select import gate_refusal
from training.models import Checkpoint, Disagreement, EvalReport, RmGate, TrainingRun
from training.runs.runs import run_create
from training.runs.snapshot import run_folder
from training.runs.tasks import run_launch
from training.scoring.select import current_rm, kinds_learned, steps_due_for_scoring
from training.scoring.tasks import steps_score
from verifier.models import VerifierRelease

_ENDED = (TrainingRun.State.FINISHED, TrainingRun.State.FAILED, TrainingRun.State.CANCELLED)


def run_through(
    circle: Circle, method: str, release: VerifierRelease, config: dict[str, Any]
) -> TrainingRun:
    """Create a run, hand it to the train worker, and wait for its end.

    Raises:
        StageFailed: the run failed or was cancelled.
    """
    run = run_create(
        project=circle.project,
        method=method,
        policy=circle.policy,
        rm=_judge_of_open_steps(circle) if METHODS[method].takes_rm else None,
        release=release,
        config={"seed": circle.seed, **config},
        user=circle.lead,
    )
    run_launch.delay(run.pk)

    def ended() -> bool:
        run.refresh_from_db()
        return run.state in _ENDED

    circle.wait(f"{method} run", ended, lambda: f"{run.state}, {run.step} of {run.total_steps}")
    if run.state != TrainingRun.State.FINISHED:
        raise StageFailed(f"{method} run {run.state}: {run.error}")
    return run


def _judge_of_open_steps(circle: Circle) -> Checkpoint | None:
    """The reward model if it learned steps 1-2; without one they stay without a reward."""
    learned = kinds_learned(circle.rm) if circle.rm else []
    return circle.rm if set(OPEN_KINDS) <= set(learned) else None


def produced(run: TrainingRun) -> Checkpoint:
    return Checkpoint.objects.get(run=run)


def judge_appointed(circle: Circle, candidate: Checkpoint) -> None:
    """Wait for the gate, which every reward model goes through when its run ends; the circle
    goes on with the one in charge, or with none."""
    gates = RmGate.objects.filter(project=circle.project, rm=candidate)
    ended = gates.filter(state__in=[RmGate.State.DONE, RmGate.State.FAILED])
    circle.wait("gate", ended.exists)
    circle.rm = current_rm(circle.project)
    appointed = circle.rm == candidate
    lines = [] if appointed else gate_refusal(circle.project, candidate)
    circle.report["gate"] = {"appointed": appointed, "refusal": [str(line) for line in lines]}


def steps_judge(circle: Circle) -> None:
    """The reward model scores every step that has no score of it yet."""
    rm = circle.rm
    if rm is None:
        raise StageFailed("scoring: there is no reward model")
    steps_score.delay(rm.pk, circle.project.pk)
    due = steps_due_for_scoring(rm=rm, project=circle.project)
    circle.wait("scoring", lambda: not due.exists(), lambda: f"{due.count()} steps left")


def disagreements_find(circle: Circle) -> int:
    """Open the differences between the reward model and people; returns how many are listed for
    this model, by whomever: the scheduled task may have been first."""
    if circle.rm is None:
        raise StageFailed("disagreements: there is no reward model")
    disagreements_open(project=circle.project)
    return disagreements_listed(project=circle.project, rm=circle.rm).count()


def disagreements_return(circle: Circle, limit: int) -> int:
    """The most confident ones go back into the queue, as the scheduled job does it."""
    return len(disagreements_requeue(project=circle.project, limit=limit))


def disagreements_answer() -> int:
    """Settle what people have looked at again, as the scheduled job does it."""
    return disagreements_settle()


def followup_pairs(circle: Circle) -> list[Pair]:
    rows = list(Pair.objects.filter(project=circle.project, split="train").order_by("pk"))
    rng = random.Random(circle.seed + 1)
    return rng.sample(rows, min(circle.config.followup_pairs, len(rows)))


def own_policy(circle: Circle) -> Checkpoint:
    """A policy that can speak of these products, as ``manage.py policy_make`` trains it."""
    name = f"{circle.project.slug}-own"
    call_command(
        "policy_make",
        project=circle.project.slug,
        out=Path(settings.RUNS_DIR) / name,
        name=name,
        examples=circle.config.own_examples,
        seed=circle.seed,
    )
    return Checkpoint.objects.get(name=name)


def cold_start_report(circle: Circle, run: TrainingRun) -> None:
    """What the policy knew of this data before anybody had verified anything."""
    metrics = dict(EvalReport.objects.filter(run=run).values_list("moment", "metrics"))
    circle.report["eval_start"] = metrics["before"]


def run_report(circle: Circle, run: TrainingRun) -> None:
    """Evaluation before and after, the paired difference, and where the rewards came from."""
    metrics = dict(EvalReport.objects.filter(run=run).values_list("moment", "metrics"))
    circle.report |= {
        "eval_before": metrics["before"],
        "eval_after": metrics["after"],
        "eval_delta": run.report["eval_delta"],
        "curve": run.report.get("curve"),
        "human_share": run.report["human_share"],
        "reward_sources": run.report.get("step_reward_sources", {}),
        "reward_sources_by_kind": run.report.get("step_reward_sources_by_kind", {}),
        "reused_share": run.report.get("reused_share", {}),
    }


def beside_report(circle: Circle, run: TrainingRun) -> None:
    """What else answers the same test pairs, where the source has people's ratings."""
    rated = circle.source.rated()
    if rated is not None:
        policies = {
            "the policy before": _tiers_answered(run, "before"),
            "the policy that SRPO left": _tiers_answered(run, "after"),
        }
        circle.report["beside"] = beside(rated, policies)


def _tiers_answered(run: TrainingRun, moment: str) -> dict[str, str | None]:
    """The tiers by the names that the ratings give their pairs."""
    pairs = Pair.objects.filter(project=run.project)
    names = {
        str(pk): rated_id(query, product, title)
        for pk, query, product, title in pairs.values_list(
            "pk", "query", "product__external_id", "product__title"
        )
    }
    rows = read_finished_jsonl(run_folder(run) / predictions_file(moment))
    return {names[row["pair_id"]]: row["tier"] for row in rows}


def disagreement_counts(circle: Circle) -> dict[str, int]:
    rows = Disagreement.objects.filter(project=circle.project)
    return {state: rows.filter(state=state).count() for state in Disagreement.State.values}
