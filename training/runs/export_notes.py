"""What whoever reads an export must know about the models behind it."""

from __future__ import annotations

from collections.abc import Iterator

from annotation.exports.formats import ExportFilter
from annotation.models import Rollout
from training.models import Checkpoint, LaunchWaiver, StepScore


def waived_policies(chosen: ExportFilter) -> Iterator[str]:
    """Of the policies with rollouts among what is exported: those whose run a lead let start
    although a threshold was not met."""
    rows = Rollout.objects.filter(pair__project=chosen.project)
    if chosen.split:
        rows = rows.filter(pair__split=chosen.split)
    for policy in _waived(chosen, Checkpoint.Kind.POLICY):
        wanted = chosen.policy in ("", policy.name)
        if wanted and rows.filter(policy=policy.name).exists():
            yield from _told("policy", policy)


def waived_judges(chosen: ExportFilter) -> list[str]:
    """The same of the reward models that scored steps of the project."""
    scores = StepScore.objects.filter(step__rollout__pair__project=chosen.project)
    judges = (rm for rm in _waived(chosen, Checkpoint.Kind.RM) if scores.filter(rm=rm).exists())
    return [line for rm in judges for line in _told("reward model", rm)]


def _waived(chosen: ExportFilter, kind: str) -> Iterator[Checkpoint]:
    rows = Checkpoint.objects.filter(kind=kind, run__project=chosen.project)
    return rows.filter(run__waivers__isnull=False).distinct().order_by("pk").iterator()


def _told(what: str, model: Checkpoint) -> Iterator[str]:
    for waiver in LaunchWaiver.objects.filter(run=model.run_id).select_related("lead"):
        reason = " ".join(waiver.reason.split())
        unmet = "; ".join(waiver.refusals) or "a threshold was not met"
        yield (
            f"{what} {model.name} was trained by run {model.run_id} although: {unmet}. "
            f"Waived by {waiver.lead.username}: “{reason}”"
        )
