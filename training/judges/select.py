"""Reward models of a project: who is in charge, who might be, and what the gate says."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from annotation.cot.errors import Conflict
from annotation.cot.wording import Wording
from annotation.cot.wording import wording as _
from annotation.models import Project
from training.judges.gate import GateReport
from training.judges.words import failing_lines
from training.models import Checkpoint, RmAppointment, RmGate, TrainingRun
from training.scoring.select import current_rm, rm_kappas

_UNDER_WAY = (RmGate.State.QUEUED, RmGate.State.RUNNING)


@dataclass(frozen=True, slots=True)
class Judge:
    """A reward model beside its newest gate; ``refusal`` is empty where it may be appointed."""

    rm: Checkpoint
    in_charge: bool
    former: bool
    gate: RmGate | None
    report: GateReport | None
    refusal: list[Wording]

    @property
    def kappa(self) -> dict[str, float | None]:
        """With people on held-out queries, by step."""
        return {f"{kind:d}": value for kind, value in sorted(rm_kappas(self.rm).items())}

    @property
    def standing(self) -> str:
        if self.in_charge:
            return "in_charge"
        return "former" if self.former else "candidate"

    @property
    def measuring(self) -> bool:
        return self.gate is not None and self.gate.state in _UNDER_WAY


def judges(project: Project) -> list[Judge]:
    """Every reward model that a run of the project left or that was in charge, the newest
    first."""
    present = current_rm(project)
    served = set(RmAppointment.objects.filter(project=project).values_list("rm", flat=True))
    gates = {gate.rm_id: gate for gate in RmGate.objects.filter(project=project)}
    own = Q(kind=Checkpoint.Kind.RM, run__project=project)
    rows = Checkpoint.objects.filter(own | Q(pk__in=served))
    return [
        _judge(rm, present, rm.pk in served, gates.get(rm.pk))
        for rm in rows.select_related("run").order_by("-pk")
    ]


def appointments(project: Project) -> list[RmAppointment]:
    """The history, the newest first."""
    rows = RmAppointment.objects.filter(project=project).select_related("rm", "by")
    return list(rows.order_by("-pk"))


def project_of(rm: Checkpoint) -> Project:
    """Raises Conflict for a model that no run left."""
    if rm.run is None:
        raise Conflict(_("%(name)s is no reward model of a finished run", name=rm.name))
    return rm.run.project


def was_in_charge(project: Project, rm: Checkpoint) -> bool:
    return RmAppointment.objects.filter(project=project, rm=rm).exists()


def gate_of(project: Project, rm: Checkpoint) -> RmGate | None:
    return RmGate.objects.filter(project=project, rm=rm).first()


def gates_queued(run: TrainingRun) -> list[int]:
    """Of what the run left."""
    rows = RmGate.objects.filter(rm__run=run, state=RmGate.State.QUEUED)
    return list(rows.values_list("pk", flat=True))


def gate_refusal(project: Project, rm: Checkpoint) -> list[Wording]:
    """Why the gate does not let the model through, one sentence each; [] when it does."""
    return _refusal(gate_of(project, rm), current_rm(project))


def _judge(
    rm: Checkpoint, present: Checkpoint | None, former: bool, gate: RmGate | None
) -> Judge:
    in_charge = present is not None and present.pk == rm.pk
    report = GateReport.of(gate.report) if gate and gate.report else None
    refusal = [] if in_charge or former else _refusal(gate, present)
    return Judge(rm, in_charge, former and not in_charge, gate, report, refusal)


def _refusal(gate: RmGate | None, present: Checkpoint | None) -> list[Wording]:
    if gate is None:
        return [_("the gate has not measured it yet")]
    if gate.state == RmGate.State.FAILED:
        return [_("the gate could not measure it: %(error)s", error=gate.error)]
    if gate.state != RmGate.State.DONE:
        return [_("the gate is measuring it")]
    report = GateReport.of(gate.report)
    now = present.name if present else ""
    if report.against != now:
        return [_("the gate measured it before %(name)s took charge", name=now or _("nobody"))]
    return failing_lines(report)
