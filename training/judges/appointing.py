"""Putting a reward model in charge of a project, and taking it back."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotation.cot.errors import Conflict, Denied, GateRefused, Invalid
from annotation.cot.wording import wording as _
from annotation.models import Project
from annotation.people.roles import Role, has_role
from training.disagreements.withdrawing import disagreements_withdraw
from training.judges.select import gate_of, gate_refusal, was_in_charge
from training.models import Checkpoint, RmAppointment, TrainingRun

PASSED = "passed the gate"


@transaction.atomic
def rm_appoint(
    *,
    project: Project,
    rm: Checkpoint,
    reason: str,
    lead: User | None = None,
    override: bool = False,
) -> RmAppointment:
    """Put ``rm`` in charge; the model before it is withdrawn, with its open disagreements.

    It must pass the gate against whoever is in charge now, unless it was in charge before
    (its scores are still there), or a lead overrides the gate. Nobody's name stands on what the
    gate did by itself (``lead`` None). The row is the record: who, when, why, and the numbers.

    Raises:
        Denied: not a lead.
        Conflict: not the reward model of a finished run of this project, or in charge already.
        Invalid: no reason.
        GateRefused: the gate refuses, or has not measured it; one line each.
    """
    if lead is not None and not has_role(lead, Role.LEAD):
        raise Denied(_("only a lead can appoint a reward model"))
    run = rm.run
    if rm.kind != Checkpoint.Kind.RM or run is None or run.project_id != project.pk:
        raise Conflict(_("%(name)s is no reward model of this project", name=rm.name))
    if run.state != TrainingRun.State.FINISHED:
        raise Conflict(_("the run of %(name)s is %(state)s", name=rm.name, state=run.state))
    if not reason.strip():
        raise Invalid(_("say why"))
    present = _present(project)
    if present is not None and present.rm_id == rm.pk:
        raise Conflict(_("%(name)s is in charge already", name=rm.name))
    lines = [] if was_in_charge(project, rm) else gate_refusal(project, rm)
    if lines and not (override and lead is not None):
        raise GateRefused(lines)
    row = gate_of(project, rm)
    report = {
        "gate": row.report if row else {},
        "overridden": [str(line) for line in lines],
    }
    _end(present)
    return RmAppointment.objects.create(
        project=project, rm=rm, by=lead, reason=reason.strip(), report=report
    )


@transaction.atomic
def rm_roll_back(*, project: Project, lead: User, reason: str) -> RmAppointment | None:
    """Withdraw the model in charge and put the one before it back; None when there was none,
    and then nobody is in charge.

    Raises:
        Denied: not a lead.
        Invalid: no reason.
        Conflict: nobody is in charge.
    """
    if not has_role(lead, Role.LEAD):
        raise Denied(_("only a lead can appoint a reward model"))
    if not reason.strip():
        raise Invalid(_("say why"))
    present = _present(project)
    if present is None:
        raise Conflict(_("no reward model is in charge"))
    former = (
        RmAppointment.objects.filter(project=project, pk__lt=present.pk)
        .exclude(rm=present.rm_id)
        .order_by("-pk")
        .first()
    )
    _end(present)
    if former is None:
        return None
    return RmAppointment.objects.create(
        project=project,
        rm_id=former.rm_id,
        by=lead,
        reason=reason.strip(),
        report={"gate": former.report.get("gate", {}), "instead_of": present.rm.name},
    )


def _present(project: Project) -> RmAppointment | None:
    """Locked, with the project, so that two leads appoint one after the other."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    rows = RmAppointment.objects.filter(project=project, until=None)
    return rows.select_related("rm", "project").first()


def _end(present: RmAppointment | None) -> None:
    if present is None:
        return
    present.until = timezone.now()
    present.save(update_fields=["until"])
    disagreements_withdraw(project=present.project, rm=present.rm)
