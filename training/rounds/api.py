"""Rounds over the API: leads and engineers."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.models import Project, Round
from annotation.people.abilities import Ability
from annotation.people.api import ApiView, user_of
from annotation.people.fields import (
    OptionalProject,
    Pages,
    StoredJson,
    Text,
    body_of,
    query_of,
    row_or_404,
)
from training.models import Checkpoint
from training.rounds.records import RoundRecord, RoundWhole, round_whole
from training.rounds.rounds import round_advance, round_start, round_stop
from training.rounds.select import rounds_newest_first
from training.rounds.tasks import jobs_send
from training.runs.waivers import Waiver

WAIVER = "a lead's reason, at least 20 characters, to launch though a threshold is not met"


class RoundStartBody(serializers.Serializer[Any]):
    project = serializers.SlugRelatedField(slug_field="slug", queryset=Project.objects.all())
    policy = serializers.SlugRelatedField(
        slug_field="name",
        queryset=Checkpoint.objects.filter(kind=Checkpoint.Kind.POLICY),
        default=None,
        allow_null=True,
        help_text="to sample; default: what the last round left",
    )
    autopilot = serializers.ChoiceField(
        choices=Project.Autopilot.choices, default=None, allow_null=True
    )
    plan = StoredJson(
        default=None, allow_null=True, help_text="see docs/circle.md; default: the last plan"
    )

    waiver = Text(max_length=2000, default="", help_text=WAIVER + "; of all its runs")


class RoundAdvanceBody(serializers.Serializer[Any]):
    waiver = Text(max_length=2000, default="", help_text=WAIVER)


class RoundStopBody(serializers.Serializer[Any]):
    reason = Text(max_length=1000, default="")


class TurnView(ApiView):
    abilities = {"GET": Ability.READ, "POST": Ability.ROUNDS}


@extend_schema(parameters=[OptionalProject], methods=["GET"])
class Rounds(TurnView, generics.ListAPIView[Round]):
    """GET: the rounds. POST: start the next one of a project; 409 while one is open."""

    serializer_class = RoundRecord
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Round]:
        query = query_of(self.request, OptionalProject)
        rows = rounds_newest_first()
        return rows.filter(project__slug=query["project"]) if "project" in query else rows

    @extend_schema(request=RoundStartBody, responses={202: RoundWhole})
    def post(self, request: Request) -> Response:
        body = body_of(request, RoundStartBody)
        waiver = _waiver(request, body.pop("waiver"))
        with transaction.atomic():
            done = round_start(**body, user=user_of(request), waiver=waiver)
            jobs_send(done)
        return Response(round_whole(done.round), status=202)


class RoundDetail(TurnView):
    @extend_schema(responses=RoundWhole)
    def get(self, request: Request, pk: int) -> Response:
        """Where a round stands, and what it waits for."""
        return Response(round_whole(row_or_404(rounds_newest_first(), pk)))


class RoundAdvance(TurnView):
    @extend_schema(request=RoundAdvanceBody, responses={202: RoundWhole})
    def post(self, request: Request, pk: int) -> Response:
        """Begin the next stage. 409 with the condition that is not met; 422 with ``preflight``
        lists the thresholds that are not met, which a lead's ``waiver`` passes over."""
        waiver = _waiver(request, body_of(request, RoundAdvanceBody)["waiver"])
        row = row_or_404(rounds_newest_first(), pk)
        with transaction.atomic():
            done = round_advance(round_id=row.pk, user=user_of(request), waiver=waiver)
            jobs_send(done)
        return Response(round_whole(done.round), status=202)


class RoundStop(TurnView):
    @extend_schema(request=RoundStopBody, responses=RoundWhole)
    def post(self, request: Request, pk: int) -> Response:
        """End a round; its runs are cancelled. 409 when it has ended."""
        body = body_of(request, RoundStopBody)
        row = row_or_404(rounds_newest_first(), pk)
        round_stop(round_id=row.pk, reason=body["reason"], user=user_of(request))
        row.refresh_from_db()
        return Response(round_whole(row))


def _waiver(request: Request, reason: str) -> Waiver | None:
    return Waiver(user_of(request), reason) if reason else None
