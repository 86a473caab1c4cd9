"""Which lineage a person may see, and the facts of its runs."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.models import QuerySet

from annotation.cot.errors import Denied
from annotation.cot.wording import wording as _
from annotation.models import Step, StepLabel
from annotation.people.roles import Role, roles_of
from training.lineage.graph import Lineage
from training.lineage.openlineage import RunFacts
from training.models import Checkpoint, RewardGroup, TrainingRun


def labels_read() -> QuerySet[StepLabel]:
    """With what a lineage reads of them."""
    return StepLabel.objects.select_related("annotator", "submission", "item__project")


def steps_read() -> QuerySet[Step]:
    return Step.objects.select_related("rollout__pair__project")


def groups_read(run: int, update: int, pair: int) -> QuerySet[RewardGroup]:
    """The groups of a pair in an update, the one that was trained on last first."""
    rows = RewardGroup.objects.filter(run=run, update=update, pair=pair)
    return rows.select_related("run__project", "run__release").order_by("-text_offset")


def may_see(person: User, label: StepLabel | None = None) -> None:
    """Leads and engineers see every lineage, an annotator that of the own labels.

    Raises:
        Denied: somebody else's.
    """
    roles = roles_of(person)
    if roles & {Role.LEAD, Role.ML_ENGINEER}:
        return
    if label is None or label.annotator_id != person.pk:
        raise Denied(_("only leads and engineers see what came of other people's labels"))


def run_facts(lineage: Lineage) -> dict[int, RunFacts]:
    """Run id -> what OpenLineage tells of it."""
    keys = [node.number for node in lineage.column("run")]
    produced: dict[int, list[str]] = {}
    for run, name in Checkpoint.objects.filter(run__in=keys).values_list("run", "name"):
        produced.setdefault(run, []).append(f"checkpoint/{name}")
    rows = TrainingRun.objects.filter(pk__in=keys).select_related("policy", "rm")
    return {
        run.pk: RunFacts(
            (run.finished_at or run.started_at or run.created_at).isoformat(),
            tuple(f"checkpoint/{model.name}" for model in (run.policy, run.rm) if model),
            tuple(produced.get(run.pk, [])),
        )
        for run in rows
    }
