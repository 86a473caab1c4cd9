"""Which reward model is in charge: leads and engineers see it, leads appoint."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.models import Project
from annotation.people.abilities import Ability
from annotation.people.api import ApiView, user_of
from annotation.people.fields import (
    ProjectQuery,
    Text,
    body_of,
    project_named,
    query_of,
    row_or_404,
)
from training.judges.appointing import rm_appoint, rm_roll_back
from training.judges.gating import gate_request
from training.judges.select import Judge, appointments, judges, project_of
from training.judges.tasks import rm_gate
from training.models import Checkpoint, RmAppointment


class MeasureRecord(serializers.Serializer[Any]):
    """Candidate beside champion, or beside what it must beat; bounds are one-sided, 95 %."""

    name = serializers.CharField()
    candidate = serializers.FloatField(allow_null=True)
    other = serializers.FloatField(allow_null=True)
    difference = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    limit = serializers.FloatField()
    passes = serializers.BooleanField()


class GateRecord(serializers.Serializer[Any]):
    """``against`` is the champion it was measured against, "" when nobody was in charge."""

    n = serializers.IntegerField(help_text="gold steps")
    queries = serializers.IntegerField()
    least = serializers.IntegerField()
    against = serializers.CharField(allow_blank=True)
    measures = MeasureRecord(many=True)


class JudgeRecord(serializers.Serializer[Judge]):
    """``refusal`` says why the gate would not let it be appointed now, one line each."""

    id = serializers.IntegerField(source="rm.pk")
    name = serializers.CharField(source="rm.name")
    run = serializers.IntegerField(source="rm.run_id", allow_null=True)
    standing = serializers.ChoiceField(choices=["in_charge", "former", "candidate"])
    gate_state = serializers.CharField(source="gate.state", default=None, allow_null=True)
    gate = GateRecord(source="report", allow_null=True)
    refusal = serializers.ListField(child=serializers.CharField())
    kappa = serializers.DictField(
        child=serializers.FloatField(allow_null=True),
        help_text="with people on held-out queries, by step; null where it is undefined",
    )


class AppointmentRecord(serializers.ModelSerializer[RmAppointment]):
    rm = serializers.CharField(source="rm.name")
    by = serializers.CharField(source="by.username", default=None, allow_null=True)
    overridden = serializers.ListField(
        child=serializers.CharField(), help_text="lines of the gate that a lead passed over"
    )

    class Meta:
        model = RmAppointment
        fields = ["rm", "since", "until", "by", "reason", "overridden"]


class JudgesRecord(serializers.Serializer[Any]):
    """Newest first."""

    judges = JudgeRecord(many=True)
    history = AppointmentRecord(many=True)


class AppointBody(serializers.Serializer[Any]):
    reason = Text(max_length=2000)
    override = serializers.BooleanField(default=False, help_text="pass over the gate")


class RollBackBody(serializers.Serializer[Any]):
    project = serializers.SlugRelatedField(slug_field="slug", queryset=Project.objects.all())
    reason = Text(max_length=2000)


class Judges(ApiView):
    abilities: ClassVar = {"GET": Ability.READ}

    @extend_schema(parameters=[ProjectQuery], responses=JudgesRecord)
    def get(self, request: Request) -> Response:
        """The reward models of a project, and who was in charge when."""
        return Response(_whole(project_named(query_of(request, ProjectQuery)["project"])))


class JudgeAppoint(ApiView):
    abilities: ClassVar = {"POST": Ability.ADJUDICATE}

    @extend_schema(request=AppointBody, responses=JudgesRecord)
    def post(self, request: Request, pk: int) -> Response:
        """Put a reward model in charge; who was so before needs no gate. 409 for what is no
        reward model of a finished run, 422 with the lines of a gate that refuses."""
        body = body_of(request, AppointBody)
        rm = row_or_404(_checkpoints(), pk)
        project = project_of(rm)
        rm_appoint(project=project, rm=rm, lead=user_of(request), **body)
        return Response(_whole(project))


class JudgesRollBack(ApiView):
    abilities: ClassVar = {"POST": Ability.ADJUDICATE}

    @extend_schema(request=RollBackBody, responses=JudgesRecord)
    def post(self, request: Request) -> Response:
        """Put the model before the present one back in charge. 409 when nobody is."""
        body = body_of(request, RollBackBody)
        rm_roll_back(**body, lead=user_of(request))
        return Response(_whole(body["project"]))


class JudgeGate(ApiView):
    abilities: ClassVar = {"POST": Ability.ROUNDS}

    @extend_schema(request=None, responses={202: JudgesRecord})
    def post(self, request: Request, pk: int) -> Response:
        """Measure a candidate again, and appoint it if it passes. 409 for the one in charge."""
        rm = row_or_404(_checkpoints(), pk)
        project = project_of(rm)
        with transaction.atomic():
            gate = gate_request(project=project, rm=rm)
            transaction.on_commit(partial(rm_gate.delay, gate.pk))
        return Response(_whole(project), status=202)


def _checkpoints() -> Any:
    return Checkpoint.objects.select_related("run__project")


def _whole(project: Project) -> dict[str, Any]:
    rows = {"judges": judges(project), "history": appointments(project)}
    body: dict[str, Any] = JudgesRecord(rows).data
    return body
