"""A lead takes a truth back; what rests on it is listed and asked again on demand."""

from __future__ import annotations

from collections.abc import Collection

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from annotation.cot.errors import Conflict, Denied, Invalid
from annotation.cot.wording import listing
from annotation.cot.wording import wording as _
from annotation.deciding.withdrawal import resolutions_withdraw
from annotation.labelling.opening import Opened, Wanted, rollouts_open
from annotation.models import QueueItem
from annotation.people.roles import Role, has_role
from verifier.affected import rollouts_affected
from verifier.models import GroundTruth, Watermark
from verifier.services.truth import mark_name

REOPEN_REASONS = (QueueItem.Reason.STALE.value, QueueItem.Reason.AUDIT.value)


@transaction.atomic
def truth_withdraw(*, truth: GroundTruth, lead: User, reason: str) -> GroundTruth:
    """Nothing takes its place until people decide anew, or another value is imported.

    The decisions behind it are withdrawn as well, those that it superseded among them.

    Raises:
        Denied: not a lead.
        Invalid: no reason.
        Conflict: withdrawn already, or a newer truth has taken its place.
    """
    if not has_role(lead, Role.LEAD):
        raise Denied(_("only a lead may withdraw a truth"))
    if not reason.strip():
        raise Invalid(_("say why it is withdrawn"))
    # The lock of the reader of resolutions: what it has read is what rests in the table.
    mark, _made = Watermark.objects.get_or_create(
        name=mark_name(truth.project_id, "resolutions")
    )
    mark = Watermark.objects.select_for_update().get(pk=mark.pk)
    locked = GroundTruth.objects.select_for_update().select_related("pair").get(pk=truth.pk)
    if locked.withdrawn_at is not None:
        raise Conflict(_("this truth was withdrawn already"))
    if locked.superseded_at is not None:
        raise Conflict(_("a newer truth has taken its place: withdraw that one"))
    resolutions_withdraw(
        pair=locked.pair,
        kind=locked.kind,
        step_sha256=locked.step_sha256,
        up_to=mark.position,
    )
    locked.withdrawn_at = locked.superseded_at = timezone.now()
    locked.withdrawn_by, locked.withdrawn_reason = lead, reason.strip()
    locked.save(
        update_fields=["withdrawn_at", "superseded_at", "withdrawn_by", "withdrawn_reason"]
    )
    return locked


@transaction.atomic
def withdrawn_reopen(
    *, truth: GroundTruth, lead: User, rollouts: Collection[int], reason: str
) -> Opened:
    """Ask people again about the step in those of the affected ``rollouts``.

    A rollout that is in the queue stays there with what it asks.

    Raises:
        Denied: not a lead.
        Invalid: another reason than stale or audit, no rollout, or one that is not affected.
        Conflict: the truth stands.
    """
    if not has_role(lead, Role.LEAD):
        raise Denied(_("only a lead may ask again"))
    if reason not in REOPEN_REASONS:
        raise Invalid(_("reason must be one of %(those)s", those=listing(REOPEN_REASONS)))
    if truth.withdrawn_at is None:
        raise Conflict(_("this truth stands: withdraw it first"))
    rows = list(rollouts_affected(truth).filter(pk__in=list(rollouts)))
    if not rows or len(rows) < len(set(rollouts)):
        raise Invalid(_("choose rollouts that the truth judged"))
    note = f"withdrawn: {truth.withdrawn_reason}"
    wanted = Wanted(reason=reason, kinds=[truth.kind], note=note)
    return rollouts_open(rollouts=rows, wanted=wanted)
