"""Which steps wait for a reward model, and which reward model is in charge of a project."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from annotation.cot.steps import StepKind
from annotation.models import Project, Step
from training.models import Checkpoint, RmAppointment, ScoringJob, StepScore
from training.reward.reliable import Kappas, kappas_of


def steps_due_for_scoring(
    *, project: Project, rm: Checkpoint, limit: int | None = None
) -> QuerySet[Step]:
    """Steps of well-formed rollouts without a score of this model, of the kinds it learned.

    Newest rollouts first: those are the ones that people are about to see.
    """
    scored = StepScore.objects.filter(rm=rm, step=OuterRef("pk"))
    due = (
        Step.objects.filter(
            rollout__pair__project=project,
            rollout__parse_error="",
            kind__in=kinds_learned(rm),
        )
        .filter(~Exists(scored))
        .select_related("rollout__pair__product")
        .order_by("-rollout_id", "kind")
    )
    return due[:limit] if limit is not None else due


def scoring_due_now(*, project: Project, rm: Checkpoint) -> bool:
    """Steps wait for this model, and scoring by it has not been parked."""
    parked = ScoringJob.objects.filter(project=project, rm=rm, state=ScoringJob.State.FAILED)
    return not parked.exists() and steps_due_for_scoring(project=project, rm=rm).exists()


def kinds_learned(rm: Checkpoint) -> list[int]:
    """The step kinds whose verdicts the model was fitted on; all five when nobody recorded it.

    Where people judge the final step alone, a verdict on step 1 would be made up.
    """
    return sorted(int(kind) for kind in rm_kappas(rm)) or [int(kind) for kind in StepKind]


def rm_kappas(rm: Checkpoint) -> Kappas:
    """Its kappa with people on held-out queries, of each step kind that it learned; {} when
    nobody recorded it, or when so few labels held nothing out."""
    report = (rm.run.report.get("rm") if rm.run else None) or {}
    return kappas_of(report.get("held_out"))


def scores_of(project: Project, *, rm: str = "") -> QuerySet[StepScore]:
    """Of one model by its name, or of all."""
    rows = StepScore.objects.filter(step__rollout__pair__project=project)
    return (rows.filter(rm__name=rm) if rm else rows).select_related("step", "rm")


def current_rm(project: Project) -> Checkpoint | None:
    """The reward model in charge: its scores order the queue and open disagreements."""
    row = RmAppointment.objects.filter(project=project, until=None).select_related("rm").first()
    return row.rm if row else None
