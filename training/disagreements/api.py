"""Where the reward model and people differ: list, decide one, decide all that match."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.cot.splits import SPLITS
from annotation.cot.steps import StepKind
from annotation.deciding.api import DECIDED
from annotation.people.abilities import Ability
from annotation.people.api import ApiView, user_of
from annotation.people.fields import (
    BIG,
    INT,
    OptionalProject,
    Pages,
    Text,
    body_of,
    query_of,
    row_or_404,
)
from training.disagreements.bulk import bulk_decision_create
from training.disagreements.disagreements import DECISIONS, disagreement_decide
from training.disagreements.tasks import bulk_decide
from training.disagreements.workbench import (
    ALL,
    DisagreementFilter,
    disagreements_filtered,
    recent_bulk_decisions,
)
from training.models import BulkDecision, Disagreement

_State = Disagreement.State


class DisagreementRecord(serializers.ModelSerializer[Disagreement]):
    """``p``: the model's of the step being correct; ``human``: people's verdict."""

    project = serializers.SlugField(source="project.slug")
    rollout = serializers.IntegerField(source="step.rollout_id")
    kind = serializers.IntegerField(source="step.kind")
    rm = serializers.CharField(source="score.rm.name")
    p = serializers.FloatField(source="score.p")
    human = serializers.CharField(source="resolution.verdict")
    decided_by = serializers.CharField(source="decided_by.username", default=None)

    class Meta:
        model = Disagreement
        fields = [
            "id", "project", "step", "rollout", "kind", "rm", "p", "human", "confidence",
            "impact", "state", "item", "decided_by", "decided_at", "created_at",
        ]  # fmt: skip


class DisagreementQuery(OptionalProject):
    """``rm`` is a checkpoint's id, ``q`` a part of the search query."""

    step = serializers.ChoiceField([int(kind) for kind in StepKind], required=False)
    state = serializers.ChoiceField([*_State.values, ALL], default=_State.OPEN.value)
    human = serializers.ChoiceField(DECIDED, required=False)
    rm = serializers.IntegerField(min_value=1, max_value=BIG, required=False)
    query_type = Text(required=False, max_length=64)
    split = serializers.ChoiceField(SPLITS, required=False)
    q = Text(required=False, max_length=1000)


class DecisionOnOne(serializers.Serializer[Any]):
    decision = serializers.ChoiceField([str(decision) for decision in DECISIONS])


class DecisionOnAll(DisagreementQuery, DecisionOnOne):
    """The filter, as the list takes it, and what is decided about all open ones that match."""

    expected = serializers.IntegerField(
        min_value=0, max_value=INT, default=None, allow_null=True,
        help_text="how many you saw; 409 when it is another number by now",
    )  # fmt: skip


class BulkDecisionRecord(serializers.ModelSerializer[BulkDecision]):
    lead = serializers.CharField(source="lead.username")
    filter = serializers.DictField(child=serializers.CharField(allow_blank=True))

    class Meta:
        model = BulkDecision
        fields = [
            "id", "filter", "decision", "lead", "state", "matched", "decided", "refused",
            "refusal", "created_at", "finished_at",
        ]  # fmt: skip


class DisagreementView(ApiView):
    abilities = {"GET": Ability.READ, "POST": Ability.ADJUDICATE}


@extend_schema(parameters=[DisagreementQuery])
class Disagreements(DisagreementView, generics.ListAPIView[Disagreement]):
    """Open ones, where no other state is asked for."""

    serializer_class = DisagreementRecord
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Disagreement]:
        wanted = DisagreementFilter.of(query_of(self.request, DisagreementQuery))
        return disagreements_filtered(wanted).select_related("project")


class DisagreementDecide(DisagreementView):
    @extend_schema(request=DecisionOnOne, responses=DisagreementRecord)
    def post(self, request: Request, pk: int) -> Response:
        """Ask people again (``requeue``), or say who is right. 409 when it was decided."""
        decision = body_of(request, DecisionOnOne)["decision"]
        row = row_or_404(Disagreement.objects.all(), pk)
        disagreement_decide(disagreement=row, lead=user_of(request), decision=decision)
        every = disagreements_filtered(DisagreementFilter(state=ALL))
        return Response(DisagreementRecord(row_or_404(every, pk)).data)


class DisagreementsBulk(DisagreementView):
    @extend_schema(responses=BulkDecisionRecord(many=True))
    def get(self, request: Request) -> Response:
        """The newest decisions on many at once, and how far they are."""
        return Response(BulkDecisionRecord(recent_bulk_decisions(), many=True).data)

    @extend_schema(request=DecisionOnAll, responses={202: BulkDecisionRecord})
    def post(self, request: Request) -> Response:
        """Decide, in the background, all open ones that match."""
        sent = body_of(request, DecisionOnAll)
        with transaction.atomic():
            bulk = bulk_decision_create(
                wanted=DisagreementFilter.of(sent),
                lead=user_of(request),
                decision=sent["decision"],
                expected=sent["expected"],
            )
            transaction.on_commit(partial(bulk_decide.delay, bulk.pk))
        return Response(BulkDecisionRecord(bulk).data, status=status.HTTP_202_ACCEPTED)
