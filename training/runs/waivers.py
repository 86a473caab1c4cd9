"""A lead lets a run start although a threshold is not met, and says why."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction

from annotation.cot.errors import Conflict, Denied, Invalid
from annotation.cot.wording import wording as _
from annotation.models.leases import queued_again
from annotation.people.roles import Role, has_role
from training.models import LaunchWaiver, TrainingRun

REASON_LENGTH = 20  # characters: a word is no reason


@dataclass(frozen=True, slots=True)
class Waiver:
    """Who waives, and why."""

    lead: User
    reason: str

    def check(self) -> None:
        """Raises:
        Denied: not a lead.
        Invalid: the reason is too short.
        """
        if not has_role(self.lead, Role.LEAD):
            raise Denied(_("%(name)s is not a lead", name=self.lead.username))
        if len(self.reason.strip()) < REASON_LENGTH:
            raise Invalid(
                _("say why, in at least %(n)s characters: it stays on the run", n=REASON_LENGTH)
            )


def waiver_record(*, run: TrainingRun, waiver: Waiver) -> LaunchWaiver:
    return LaunchWaiver.objects.create(
        run=run, lead=waiver.lead, reason=waiver.reason.strip(), refusals=run.refusals
    )


@transaction.atomic
def run_waive(*, run: TrainingRun, waiver: Waiver) -> TrainingRun:
    """Queue a held run; the caller sends the task on commit.

    Raises:
        Denied, Invalid: see :meth:`Waiver.check`.
        Conflict: the run is not held (any more).
    """
    waiver.check()
    rows = TrainingRun.objects.filter(pk=run.pk, state=TrainingRun.State.HELD)
    if not rows.update(**queued_again()):
        run.refresh_from_db()
        raise Conflict(
            _("only a held run can be waived; this one is %(state)s", state=run.state)
        )
    waiver_record(run=run, waiver=waiver)
    run.refresh_from_db()
    return run


def waiver_lines(run: TrainingRun) -> list[dict[str, object]]:
    """Of a run, as its manifest has them; the oldest first."""
    rows = LaunchWaiver.objects.filter(run=run).select_related("lead").order_by("pk")
    return [
        {
            "lead": row.lead.username,
            "reason": row.reason,
            "at": row.created_at.isoformat(),
            "refusals": row.refusals,
        }
        for row in rows
    ]
