"""Rollouts: read them, and bring your own to be judged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.cot.steps import LAYOUTS
from annotation.labelling.api_forms import StepText
from annotation.labelling.opening import Wanted, rollouts_open
from annotation.labelling.rollouts import ELSEWHERE, rollout_record
from annotation.models import Pair, Rollout
from annotation.models.outbox import outbox_settled
from annotation.people.abilities import Ability
from annotation.people.api import ApiView
from annotation.people.fields import (
    BIG,
    INT,
    Pages,
    ProjectQuery,
    Text,
    body_of,
    project_named,
    query_of,
)


class RolloutRecord(serializers.ModelSerializer[Rollout]):
    """``parse_error`` is "" when all five steps were found."""

    steps = StepText(many=True)

    class Meta:
        model = Rollout
        fields = [
            "id", "pair", "policy", "text", "layout", "parse_error", "parse_message",
            "prompt_version", "seed", "sample_index", "temperature", "steps", "created_at",
        ]  # fmt: skip


class QueueAsked(serializers.Serializer[Any]):
    priority = serializers.IntegerField(min_value=-1000, max_value=1000, default=0)
    overlap = serializers.IntegerField(
        min_value=1, max_value=100, default=None, allow_null=True, help_text="null: project's"
    )


class RolloutSent(serializers.Serializer[Any]):
    """The same (pair, policy, seed, sample_index) is stored once; with another text it is
    refused (409). ``queue`` asks people about it; null stores it only. Without a
    ``prompt_version`` nobody here knows what the writer was asked ("own")."""

    pair = serializers.IntegerField(min_value=1, max_value=BIG)
    text = Text(allow_blank=False, trim_whitespace=False)
    policy = Text(allow_blank=False, max_length=200)
    layout = serializers.ChoiceField(choices=LAYOUTS, default="answer_last")
    prompt_version = Text(allow_blank=False, max_length=16, default=ELSEWHERE)
    seed = serializers.IntegerField(min_value=0, max_value=BIG, default=0)
    sample_index = serializers.IntegerField(min_value=0, max_value=INT, default=0)
    temperature = serializers.FloatField(min_value=0, max_value=10, default=1.0)
    queue = QueueAsked(default=None, allow_null=True)


class RolloutsSent(serializers.Serializer[Any]):
    rollouts = serializers.ListField(child=RolloutSent(), min_length=1, max_length=1000)


class RolloutsKept(serializers.Serializer[Any]):
    """``covered``: of those to be asked about, the ones that leave people nothing to ask."""

    rollouts = RolloutRecord(many=True)
    opened = serializers.IntegerField()
    covered = serializers.IntegerField()


@extend_schema(parameters=[ProjectQuery], methods=["GET"])
class Rollouts(ApiView, generics.ListAPIView[Rollout]):
    """GET: the rollouts of a project. POST: up to 1000 of your own, all or none."""

    abilities = {"GET": Ability.READ, "POST": Ability.IMPORT}
    serializer_class = RolloutRecord
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Rollout]:
        project = project_named(query_of(self.request, ProjectQuery)["project"])
        rollouts = outbox_settled(Rollout.objects.filter(pair__project=project), project)
        return rollouts.prefetch_related("steps")

    @extend_schema(request=RolloutsSent, responses={201: RolloutsKept})
    def post(self, request: Request) -> Response:
        sent = body_of(request, RolloutsSent)["rollouts"]
        ids = {row["pair"] for row in sent}
        pairs = Pair.objects.select_related("project").in_bulk(ids)
        if missing := ids - set(pairs):
            raise serializers.ValidationError({"pair": [f"there is no pair {min(missing)}"]})
        with transaction.atomic():
            kept = [_keep(pairs[row["pair"]], row) for row in sent]
            opened, covered = _ask(zip(kept, sent, strict=True))
        record = {"rollouts": kept, "opened": opened, "covered": covered}
        return Response(RolloutsKept(record).data, status=201)


class RolloutDetail(ApiView, generics.RetrieveAPIView[Rollout]):
    """A rollout with its steps."""

    abilities = {"GET": Ability.READ}
    serializer_class = RolloutRecord
    queryset = Rollout.objects.prefetch_related("steps")


def _keep(pair: Pair, row: dict[str, Any]) -> Rollout:
    about = {name: value for name, value in row.items() if name not in ("pair", "queue")}
    return rollout_record(pair=pair, **about)


def _ask(rows: Iterable[tuple[Rollout, dict[str, Any]]]) -> tuple[int, int]:
    """Those that are asked about alike are opened in one call."""
    alike: dict[Wanted, list[Rollout]] = defaultdict(list)
    for rollout, row in rows:
        if row["queue"] is not None:
            alike[Wanted(**row["queue"])].append(rollout)
    results = [rollouts_open(rollouts=group, wanted=wanted) for wanted, group in alike.items()]
    return sum(r.opened for r in results), sum(r.covered for r in results)
