"""What a person is told after a gold item, and how they may answer back, over the API."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.labelling.api import claim_answer
from annotation.labelling.api_forms import Claim, PairShown
from annotation.labelling.disputes import dispute_open
from annotation.labelling.feedback import Feedback, answered_tries, feedback_of
from annotation.labelling.gold import gold_retry
from annotation.labelling.practice_api import KnownAnswer
from annotation.models import GoldDispute, GoldTry
from annotation.people.abilities import Ability
from annotation.people.api import ApiView, user_of
from annotation.people.fields import (
    BIG,
    Pages,
    ProjectQuery,
    Text,
    body_of,
    project_named,
    query_of,
    row_or_404,
)


class FeedbackQuery(ProjectQuery):
    item = serializers.IntegerField(
        required=False, min_value=1, max_value=BIG, help_text="of the claim that you submitted"
    )


class TryRecord(serializers.ModelSerializer[GoldTry]):
    """``wrong``: the steps that differ from the known answers; ``score``: the share that do
    not. Only the first attempt counts."""

    wrong = serializers.ListField(child=serializers.IntegerField())

    class Meta:
        model = GoldTry
        fields = ["id", "item", "attempt", "answered_at", "wrong", "score"]


class OwnDispute(serializers.ModelSerializer[GoldDispute]):
    class Meta:
        model = GoldDispute
        fields = ["id", "reason", "state", "decision_note", "created_at", "decided_at"]


class FeedbackRecord(serializers.Serializer[Feedback]):
    """``revealed``: the known answers are told, when every step was right or no attempt is
    left; before, ``known`` and ``note`` are "". ``left``: further attempts."""

    attempt = TryRecord(source="gold_try")
    pair = PairShown()
    answers = KnownAnswer(many=True)
    note = serializers.CharField(allow_blank=True)
    revealed = serializers.BooleanField()
    may_retry = serializers.BooleanField()
    left = serializers.IntegerField()
    disputes = OwnDispute(many=True)


class DisputeSent(serializers.Serializer[Any]):
    reason = Text(allow_blank=False, max_length=2000)


class FeedbackView(ApiView):
    abilities = {"GET": Ability.LABEL, "POST": Ability.LABEL}


@extend_schema(parameters=[FeedbackQuery])
class FeedbackList(FeedbackView, generics.ListAPIView[GoldTry]):
    """Your answered gold items of a project."""

    serializer_class = TryRecord
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[GoldTry]:
        query = query_of(self.request, FeedbackQuery)
        rows = answered_tries(user_of(self.request)).filter(
            gold__project=project_named(query["project"])
        )
        return rows.filter(item=query["item"]) if "item" in query else rows


class FeedbackDetail(FeedbackView):
    @extend_schema(responses=FeedbackRecord)
    def get(self, request: Request, pk: int) -> Response:
        """Which steps were wrong, and the known answers once no attempt is left."""
        return Response(FeedbackRecord(feedback_of(_own(request, pk))).data)


class FeedbackRetry(FeedbackView):
    @extend_schema(request=None, responses={201: Claim})
    def post(self, request: Request, pk: int) -> Response:
        """Try once more: a claim with your last answers as its draft. 409 when nothing was
        wrong or no attempt is left."""
        claim = gold_retry(gold_try=_own(request, pk), annotator=user_of(request))
        return claim_answer(request, claim.pk, status=status.HTTP_201_CREATED)


class FeedbackDispute(FeedbackView):
    @extend_schema(request=DisputeSent, responses={201: OwnDispute})
    def post(self, request: Request, pk: int) -> Response:
        """Say that a known answer is wrong: a lead decides. 409 while one of yours is open."""
        sent = body_of(request, DisputeSent)
        made = dispute_open(gold_try=_own(request, pk), annotator=user_of(request), **sent)
        return Response(OwnDispute(made).data, status=status.HTTP_201_CREATED)


def _own(request: Request, pk: int) -> GoldTry:
    return row_or_404(answered_tries(user_of(request)), pk)
