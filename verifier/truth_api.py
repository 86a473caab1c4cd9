"""What is taken for true, and taking it back."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

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
from verifier.affected import releases_holding, rollouts_affected, truths_listed
from verifier.models import GroundTruth
from verifier.services.withdrawal import REOPEN_REASONS, truth_withdraw, withdrawn_reopen


class TruthRecord(serializers.ModelSerializer[GroundTruth]):
    """``value``: of steps 1-2 the verdict on every text with that ``step_sha256``."""

    withdrawn_by = serializers.CharField(source="withdrawn_by.username", default=None)

    class Meta:
        model = GroundTruth
        fields = [
            "id", "pair", "kind", "step_sha256", "value", "source", "resolution", "created_at",
            "superseded_at", "withdrawn_at", "withdrawn_by", "withdrawn_reason",
        ]  # fmt: skip


class TruthDetailRecord(TruthRecord):
    """``rollouts``: those whose step it judged; ``releases``: the numbers of those that hold
    it."""

    rollouts = serializers.SerializerMethodField()
    releases = serializers.SerializerMethodField()

    class Meta(TruthRecord.Meta):
        fields = [*TruthRecord.Meta.fields, "rollouts", "releases"]

    def get_rollouts(self, truth: GroundTruth) -> list[int]:
        return list(rollouts_affected(truth).values_list("pk", flat=True))

    def get_releases(self, truth: GroundTruth) -> list[int]:
        return list(releases_holding(truth).values_list("number", flat=True))


class TruthQuery(ProjectQuery):
    kind = serializers.IntegerField(min_value=1, max_value=5, required=False)
    withdrawn = serializers.BooleanField(default=False)


class Withdrawal(serializers.Serializer[Any]):
    reason = Text(allow_blank=False, max_length=2000)


class AskedAgain(serializers.Serializer[Any]):
    reason = serializers.ChoiceField(choices=REOPEN_REASONS)
    rollouts = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=BIG),
        min_length=1,
        max_length=1000,
    )


class OpenedCount(serializers.Serializer[Any]):
    """Those that were in the queue before are not counted."""

    opened = serializers.IntegerField()


@extend_schema(parameters=[TruthQuery])
class Truths(ApiView, generics.ListAPIView[GroundTruth]):
    """The current truths of a project, or those that were withdrawn."""

    abilities = {"GET": Ability.READ}
    serializer_class = TruthRecord
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[GroundTruth]:
        query = query_of(self.request, TruthQuery)
        project = project_named(query["project"])
        return truths_listed(project, kind=query.get("kind"), withdrawn=query["withdrawn"])


class TruthDetail(ApiView, generics.RetrieveAPIView[GroundTruth]):
    """A truth with the rollouts that it judged."""

    abilities = {"GET": Ability.READ}
    serializer_class = TruthDetailRecord
    queryset = GroundTruth.objects.select_related("withdrawn_by")


class TruthWithdraw(ApiView):
    abilities = {"POST": Ability.ADJUDICATE}

    @extend_schema(request=Withdrawal, responses=TruthDetailRecord)
    def post(self, request: Request, pk: int) -> Response:
        """Take a truth back: the next release leaves it out. 409 when it was taken back, or
        when a newer one has its place."""
        reason = body_of(request, Withdrawal)["reason"]
        truth = row_or_404(GroundTruth.objects.all(), pk)
        withdrawn = truth_withdraw(truth=truth, lead=user_of(request), reason=reason)
        return Response(TruthDetailRecord(withdrawn).data)


class TruthReopen(ApiView):
    abilities = {"POST": Ability.ADJUDICATE}

    @extend_schema(request=AskedAgain, responses=OpenedCount)
    def post(self, request: Request, pk: int) -> Response:
        """Ask people again about the step in some of the rollouts that a withdrawn truth
        judged. 409 while it stands."""
        sent = body_of(request, AskedAgain)
        truth = row_or_404(GroundTruth.objects.all(), pk)
        opened = withdrawn_reopen(truth=truth, lead=user_of(request), **sent)
        return Response(OpenedCount({"opened": opened.opened}).data)
