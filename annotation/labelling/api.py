"""Labelling over the API: claim, heartbeat, draft, submit, skip, undo."""

from __future__ import annotations

from typing import Any

import msgspec
from django.contrib.auth.models import User
from django.http import Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.cot.errors import Denied
from annotation.labelling.api_forms import (
    Claim,
    Draft,
    Lease,
    Next,
    Receipt,
    SavedDraft,
    SkipSent,
    Waiting,
)
from annotation.labelling.bodies import ProjectWanted, Submit, label_inputs
from annotation.labelling.claims import claim_record, claim_shown
from annotation.labelling.queue import (
    claim_heartbeat,
    draft_save,
    item_skip,
    queue_claim_shown,
)
from annotation.labelling.queue_select import queue_state
from annotation.labelling.skips import skip_take_back
from annotation.labelling.submit import claim_submit, submission_undo
from annotation.models import Assignment, Project, Submission
from annotation.people.abilities import Ability
from annotation.people.api import ApiView, user_of
from annotation.people.bodies import body_as
from annotation.people.fields import (
    OptionalProject,
    body_of,
    project_named,
    query_of,
    row_or_404,
)

_KEY = "Idempotency-Key"


class LabelView(ApiView):
    abilities = {"GET": Ability.LABEL, "POST": Ability.LABEL, "PUT": Ability.LABEL}


class QueueWaiting(LabelView):
    @extend_schema(parameters=[OptionalProject], responses=Waiting)
    def get(self, request: Request) -> Response:
        """What waits for you, and if nothing does, why."""
        state = queue_state(
            user_of(request), _project(query_of(request, OptionalProject).get("project", ""))
        )
        return Response(Waiting(state).data)


class QueueNext(LabelView):
    @extend_schema(request=ProjectWanted, responses=Next)
    def post(self, request: Request) -> Response:
        """Claim the next item, or get your unfinished one back. ``claim`` is null when there is
        nothing for you; ``queue`` says why."""
        wanted = body_as(request, ProjectWanted)
        return Response(_next(user_of(request), wanted.project))


class ClaimDetail(LabelView):
    @extend_schema(responses=Claim)
    def get(self, request: Request, pk: int) -> Response:
        """One of your claims with the text to judge and your draft."""
        return claim_answer(request, pk)


class ClaimHeartbeat(LabelView):
    @extend_schema(request=None, responses=Lease)
    def post(self, request: Request, pk: int) -> Response:
        """Renew the lease; 409 when the item went to somebody else."""
        expires = claim_heartbeat(assignment=_own(request, pk), annotator=user_of(request))
        return Response(Lease({"expires_at": expires}).data)


class ClaimDraft(LabelView):
    @extend_schema(request=Draft, responses=SavedDraft)
    def put(self, request: Request, pk: int) -> Response:
        """Keep unfinished work; 409 with the stored draft when ``base_version`` is stale."""
        sent = body_of(request, Draft)
        version = draft_save(
            assignment=_own(request, pk),
            annotator=user_of(request),
            base_version=sent["base_version"],
            draft=sent["draft"],
        )
        return Response(SavedDraft({"version": version, "saved_at": timezone.now()}).data)


class ClaimSubmit(LabelView):
    @extend_schema(
        request=Submit,
        responses={201: Receipt},
        parameters=[
            OpenApiParameter(
                _KEY,
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                required=True,
                description="1 to 64 characters of your choice; the same key again returns "
                "the first receipt and changes nothing",
            )
        ],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Submit your verdicts; the receipt is the proof. With ``next`` the answer also has the
        next item, claimed as by queue/next/: one request between two items."""
        body = body_as(request, Submit)
        try:
            submission = claim_submit(
                claim_id=pk,
                annotator=user_of(request),
                client_key=_key(request),
                labels=label_inputs(body.labels),
                active_ms=body.active_ms,
                rules_enforced=True,
            )
        except Denied as error:  # not even that there is such a claim
            raise NotFound from error
        created = submission.created_at.isoformat().replace("+00:00", "Z")
        receipt = {"receipt": submission.pk, "claim": pk, "created_at": created}
        if body.next is not msgspec.UNSET:
            try:
                receipt["next"] = _next(user_of(request), body.next.project)
            except Http404:  # no such project; what was submitted is stored all the same
                receipt["next"] = None
        return Response(receipt, status=201)


class ClaimSkip(LabelView):
    @extend_schema(request=SkipSent, responses={204: None})
    def post(self, request: Request, pk: int) -> Response:
        """Give the item back: to your own queue or to others. ``unrateable`` is your vote that
        it cannot be judged; ``drop`` takes it out of the queue."""
        sent = body_of(request, SkipSent)
        item_skip(
            assignment=_own(request, pk),
            annotator=user_of(request),
            how=sent["how"],
            reason=sent["reason"],
        )
        return Response(status=204)


class ClaimTakeBack(LabelView):
    @extend_schema(request=None, responses=Claim)
    def post(self, request: Request, pk: int) -> Response:
        """An item that you passed to others is yours again; 409 when they have it."""
        skip_take_back(assignment=_own(request, pk), annotator=user_of(request))
        return claim_answer(request, pk)


class SubmissionUndo(LabelView):
    @extend_schema(request=None, responses=Claim)
    def post(self, request: Request, pk: int) -> Response:
        """Take a submission back before its item is decided; the claim is yours again, and its
        draft is what you submitted."""
        user = user_of(request)
        submission = row_or_404(Submission.objects.filter(assignment__annotator=user), pk)
        claim = submission_undo(submission=submission, annotator=user)
        return claim_answer(request, claim.pk)


def _own(request: Request, pk: int) -> Assignment:
    return row_or_404(Assignment.objects.filter(annotator=user_of(request)), pk)


def claim_answer(request: Request, pk: int, status: int = 200) -> Response:
    claim = claim_shown(pk, user_of(request).pk)
    if claim is None:
        raise NotFound
    return Response(claim_record(claim), status=status)


def _next(user: User, slug: str) -> dict[str, Any]:
    claim = queue_claim_shown(annotator=user, slug=slug)
    if claim is None:
        state = queue_state(user, _project(slug))
        return {"claim": None, "queue": Waiting(state).data}
    return {"claim": claim_record(claim), "queue": None}


def _project(slug: str) -> Project | None:
    """None for ""; 404 for a name that no project has."""
    return project_named(slug) if slug else None


def _key(request: Request) -> str:
    key: str = request.headers.get(_KEY, "").strip()
    if not 1 <= len(key) <= 64 or not key.isprintable():
        raise serializers.ValidationError({_KEY: ["send this header, 1 to 64 characters"]})
    return key
