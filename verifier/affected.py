"""Truths as leads look for them, and what rests on one."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from annotation.cot.steps import OPEN_KINDS
from annotation.models import Project, QueueItem, Rollout
from annotation.models.queue import LIVE_STATES
from verifier.models import GroundTruth, ReleaseRow, VerifierRelease


def truths_listed(
    project: Project, *, query: str = "", kind: int | None = None, withdrawn: bool = False
) -> QuerySet[GroundTruth]:
    """Current truths, or the withdrawn ones, the newest first; pair and product loaded.
    ``query``: what the pair's query or title holds."""
    rows = GroundTruth.objects.filter(project=project)
    rows = (
        rows.filter(withdrawn_at__isnull=False)
        if withdrawn
        else rows.filter(superseded_at=None)
    )
    if kind is not None:
        rows = rows.filter(kind=kind)
    if query:
        rows = rows.filter(
            Q(pair__query__icontains=query) | Q(pair__product__title__icontains=query)
        )
    return rows.select_related("pair__product", "withdrawn_by").order_by("-pk")


def rollouts_affected(truth: GroundTruth) -> QuerySet[Rollout]:
    """The rollouts whose step it judged, with ``live``: people are being asked; pair, project
    and product loaded."""
    rows = Rollout.objects.filter(pair=truth.pair_id, steps__kind=truth.kind)
    if truth.kind in OPEN_KINDS:
        rows = Rollout.objects.filter(
            pair=truth.pair_id, steps__kind=truth.kind, steps__sha256=truth.step_sha256
        )
    live = QueueItem.objects.filter(rollout=OuterRef("pk"), state__in=LIVE_STATES)
    return rows.annotate(live=Exists(live)).select_related("pair__project").order_by("pk")


def releases_holding(truth: GroundTruth) -> QuerySet[VerifierRelease]:
    """The releases that it is in, without their tables. A release names the decision behind a
    value; an imported one it holds where it was cut while that was in force."""
    releases = VerifierRelease.objects.filter(project=truth.project_id).defer("payload")
    if truth.resolution_id is not None:
        rows = ReleaseRow.objects.filter(is_truth=True, resolution=truth.resolution_id)
        return releases.filter(pk__in=rows.values("release")).order_by("number")
    rows = ReleaseRow.objects.filter(
        release=OuterRef("pk"), is_truth=True, pair=truth.pair_id, kind=truth.kind,
        resolution=None,
    )  # fmt: skip
    releases = releases.filter(Exists(rows), created_at__gte=truth.created_at)
    if truth.superseded_at is not None:
        releases = releases.filter(created_at__lt=truth.superseded_at)
    return releases.order_by("number")
