"""First CoTs over the API: leads and engineers."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.cot.errors import Invalid
from annotation.cot.splits import SPLITS
from annotation.cot.wording import wording as _
from annotation.models import Project
from annotation.people.abilities import Ability
from annotation.people.api import ApiView
from annotation.people.fields import ProjectQuery, Text, body_of, project_named, query_of
from training.models import RolloutBatch
from training.rollouts.tasks import rollouts_send
from training.rollouts.writers import catalogue_writer, chat_writer, writer_start
from training.rollouts.written import writings


class WritingRecord(serializers.Serializer[Any]):
    """``parsed`` of ``rollouts`` are five-step CoTs; ``tokens`` as the server counts them;
    ``asked_again``: those that were written twice. ``state`` and ``error`` are those of the
    writer's newest request, whose id is ``batch``; null for CoTs that came from outside."""

    name = serializers.CharField()
    rollouts = serializers.IntegerField()
    parsed = serializers.IntegerField()
    tokens = serializers.IntegerField()
    seconds = serializers.FloatField()
    asked_again = serializers.IntegerField()
    state = serializers.CharField(help_text="queued, running, resumed, done or failed")
    batch = serializers.IntegerField(source="batch.pk", default=None, allow_null=True)
    error = serializers.CharField(source="batch.error", default="")


class WriterChosen(serializers.Serializer[Any]):
    """Without ``url``, the catalogue writer; with it, the chat model of that server."""

    project = serializers.SlugRelatedField(slug_field="slug", queryset=Project.objects.all())
    url = Text(default="", max_length=500, help_text="an OpenAI-compatible server")
    model = Text(default="", max_length=200, help_text="as that server calls it")
    splits = serializers.ListField(
        child=serializers.ChoiceField(choices=SPLITS), default=list(SPLITS), min_length=1
    )
    pairs = serializers.IntegerField(
        min_value=1, max_value=100_000, default=None, allow_null=True, help_text="at most"
    )
    temperature = serializers.FloatField(min_value=0, max_value=2, default=0.0)
    max_tokens = serializers.IntegerField(min_value=64, max_value=32_768, default=1024)


class BatchStarted(serializers.ModelSerializer[RolloutBatch]):
    project = serializers.SlugField(source="project.slug")
    writer = serializers.CharField(source="policy.name")
    pairs = serializers.SerializerMethodField()

    class Meta:
        model = RolloutBatch
        fields = ["id", "project", "writer", "pairs", "created_at"]

    def get_pairs(self, batch: RolloutBatch) -> int:
        return len(batch.pair_ids)


class FirstCots(ApiView):
    abilities = {"GET": Ability.READ, "POST": Ability.IMPORT}

    @extend_schema(parameters=[ProjectQuery], responses=WritingRecord(many=True))
    def get(self, request: Request) -> Response:
        """What every writer has written of a project, the one chosen last first."""
        project = project_named(query_of(request, ProjectQuery)["project"])
        return Response(WritingRecord(writings(project), many=True).data)

    @extend_schema(request=WriterChosen, responses={202: BatchStarted})
    def post(self, request: Request) -> Response:
        """Have a writer answer for the pairs that it has not written about yet."""
        chosen = body_of(request, WriterChosen)
        url, model = chosen.pop("url"), chosen.pop("model")
        if model and not url:
            raise Invalid(_("name the address of the server that has the model, as url"))
        with transaction.atomic():
            writer = chat_writer(url=url, model=model) if url else catalogue_writer()
            batch = writer_start(writer=writer, **chosen)
            rollouts_send(batch.pk)
        return Response(BatchStarted(batch).data, status=202)
