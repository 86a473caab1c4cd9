"""The rollouts of a run over the API: read them, and put one before the annotators."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.cot.steps import StepKind
from annotation.people.abilities import Ability
from annotation.people.api import ApiView
from annotation.people.fields import INT, Pages, Text, body_of, query_of, row_or_404
from training.job.folder import LEDGER
from training.models import RewardGroup, TrainingRun
from training.runs.ledger_select import (
    ADVANTAGES,
    REWARDS,
    GroupFilter,
    group_shown,
    groups_filtered,
)
from training.runs.ledger_send import rollout_send
from training.runs.snapshot import run_folder


class GroupQuery(serializers.Serializer[Any]):
    """``step``, ``reward`` and ``advantage`` ask for one step of one rollout that is all of
    them."""

    update = serializers.IntegerField(  # type: ignore[assignment]
        min_value=1, max_value=INT, required=False
    )
    pair = serializers.IntegerField(min_value=1, max_value=INT, required=False)
    query = Text(required=False, max_length=1000, help_text="contained in the query")
    step = serializers.ChoiceField([int(kind) for kind in StepKind], required=False)
    reward = serializers.ChoiceField(REWARDS, required=False)
    advantage = serializers.ChoiceField(ADVANTAGES, required=False)


class RewardedStep(serializers.Serializer[Any]):
    """``reward`` null = masked; ``text`` null = the run's ledger is not on this host."""

    kind = serializers.IntegerField()
    reward = serializers.FloatField(allow_null=True)
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    advantage = serializers.FloatField()
    value = serializers.CharField(allow_blank=True, help_text="what the step claims")
    text = serializers.CharField(allow_null=True)


class RewardedRollout(serializers.Serializer[Any]):
    """``place`` counts from 0; ``count`` rollouts of the group are the same."""

    place = serializers.IntegerField()
    count = serializers.IntegerField()
    parse_error = serializers.CharField(
        source="error", allow_null=True, help_text="why it is no five-step answer"
    )
    steps = RewardedStep(many=True)


class RewardGroupRecord(serializers.ModelSerializer[RewardGroup]):
    rollouts = serializers.SerializerMethodField()

    class Meta:
        model = RewardGroup
        fields = ["id", "update", "pair", "release", "rollouts"]

    @extend_schema_field(RewardedRollout(many=True))
    def get_rollouts(self, group: RewardGroup) -> list[dict[str, Any]]:
        shown = group_shown(group, run_folder(group.run) / LEDGER)
        return [dict(RewardedRollout(rollout).data) for rollout in shown.rollouts]


class RolloutSend(serializers.Serializer[Any]):
    group = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    place = serializers.IntegerField(min_value=0, max_value=INT, help_text="from 0")


class RolloutAsked(serializers.Serializer[Any]):
    """``item`` null = nothing is left to ask about the rollout."""

    rollout = serializers.IntegerField()
    item = serializers.IntegerField(allow_null=True)


class GroupPages(Pages):
    ordering = "text_offset"
    page_size = 20
    max_page_size = 100


class RunRollouts(ApiView, generics.ListAPIView[RewardGroup]):
    """GET: the groups of a run's updates, in the order of its ledger. POST: ask people about
    one rollout."""

    abilities = {"GET": Ability.READ, "POST": Ability.IMPORT}
    serializer_class = RewardGroupRecord
    pagination_class = GroupPages

    @extend_schema(parameters=[GroupQuery])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[RewardGroup]:
        return groups_filtered(self._run(), GroupFilter(**query_of(self.request, GroupQuery)))

    @extend_schema(request=RolloutSend, responses={201: RolloutAsked})
    def post(self, request: Request, pk: int) -> Response:
        """409 where the run's ledger is not here; 422 for what is no five-step answer."""
        sent = body_of(request, RolloutSend)
        rows = RewardGroup.objects.filter(run=self._run())
        group = row_or_404(rows.select_related("pair__project", "run__policy"), sent["group"])
        made = rollout_send(group=group, place=sent["place"])
        body = {"rollout": made.rollout.pk, "item": made.item and made.item.pk}
        return Response(RolloutAsked(body).data, status=201)

    def _run(self) -> TrainingRun:
        return row_or_404(TrainingRun.objects.all(), self.kwargs["pk"])
