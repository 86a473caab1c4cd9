"""One decision for everything that a filter matches."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from annotation.cot.errors import Conflict, Denied, Invalid, StepwiseError
from annotation.cot.wording import listing
from annotation.cot.wording import wording as _
from annotation.models.job_run import job_run
from annotation.models.leases import in_flight_until
from annotation.people.roles import Role, has_role
from training.disagreements.disagreements import DECISIONS, disagreement_decide
from training.disagreements.workbench import DisagreementFilter, disagreements_filtered
from training.models import BulkDecision, Disagreement


@transaction.atomic
def bulk_decision_create(
    *, wanted: DisagreementFilter, lead: User, decision: str, expected: int | None = None
) -> BulkDecision:
    """Write down the filter; the caller sends the task on commit.

    ``expected`` is the number the lead saw: when the list has grown or shrunk since, the
    lead should look again. Rows that are listed after this are left alone.

    Raises:
        Denied: not a lead.
        Invalid: an unknown decision, or nothing matches.
        Conflict: another number matches than was expected.
    """
    if not has_role(lead, Role.LEAD):
        raise Denied(_("only a lead can decide disagreements"))
    if decision not in DECISIONS:
        raise Invalid(_("decision must be one of %(those)s", those=listing(sorted(DECISIONS))))
    rows = disagreements_filtered(wanted).filter(state=Disagreement.State.OPEN)
    matched = rows.count()
    if not matched:
        raise Invalid(_("nothing open matches the filter"))
    if expected is not None and matched != expected:
        raise Conflict(
            _(
                "%(now)s match now, not %(then)s; look at the list again",
                now=matched,
                then=expected,
            )
        )
    newest = rows.order_by("-pk").values_list("pk", flat=True)[0]
    return BulkDecision.objects.create(
        filter=wanted.stored(),
        upto=newest,
        decision=decision,
        lead=lead,
        matched=matched,
        lease_expires_at=in_flight_until(),
    )


def bulk_decision_run(*, bulk_id: int) -> BulkDecision | None:
    """Decide row after row; a row that refuses is counted with the first reason.

    None when another worker is at it or it has ended. Begun again after a worker was killed, it
    goes on with what is still open.
    """
    return job_run(BulkDecision.objects.filter(pk=bulk_id).select_related("lead"), _decide)


def _decide(bulk: BulkDecision) -> dict[str, Any]:
    wanted = DisagreementFilter.of(bulk.filter)
    rows = disagreements_filtered(wanted).filter(
        state=Disagreement.State.OPEN, pk__lte=bulk.upto
    )
    # What a requeue takes along from the same rollout was matched too.
    total = bulk.decided + rows.count()
    decided, refused, refusal, last = bulk.decided, 0, "", 0
    while row := rows.filter(pk__gt=last).order_by("pk").first():
        last = row.pk
        try:
            disagreement_decide(disagreement=row, lead=bulk.lead, decision=bulk.decision)
            decided += 1
        except StepwiseError as error:
            refused += 1
            refusal = refusal or error.message
        further = {"strikes": 1} if decided > bulk.decided else {}
        BulkDecision.objects.filter(pk=bulk.pk).update(
            decided=decided, refused=refused, refusal=refusal, **further
        )
    return {"state": BulkDecision.State.DONE, "decided": total - refused}
