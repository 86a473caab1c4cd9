"""Gold for leads: items whose answers are known, disputes about them, and pauses."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.labelling.disputes import dispute_decide
from annotation.labelling.gold import gold_from_item, gold_import, gold_retire, gold_save
from annotation.labelling.gold_select import gold_list, open_disputes, project_pauses
from annotation.labelling.pauses import pause_lift
from annotation.models import GoldDispute, GoldItem, Pause, Project, QueueItem, Rollout
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


class AnswersField(serializers.DictField):
    """Step -> true value (steps 3 to 5) or verdict (steps 1 and 2)."""

    child = Text(max_length=16)


class GoldRecord(serializers.ModelSerializer[GoldItem]):
    """``mean`` of the ``people``'s first scores; ``disputed``: open disputes."""

    answers = AnswersField()
    created_by = serializers.CharField(source="created_by.username", default=None)
    people = serializers.IntegerField()
    mean = serializers.FloatField(allow_null=True)
    disputed = serializers.IntegerField()

    class Meta:
        model = GoldItem
        fields = [
            "id", "rollout", "answers", "note", "source", "active", "created_by",
            "created_at", "people", "mean", "disputed",
        ]  # fmt: skip


class GoldMade(serializers.Serializer[Any]):
    rollout = serializers.IntegerField(min_value=1, max_value=BIG)
    answers = AnswersField()
    note = Text(default="", max_length=2000, help_text="shown with the answers")


class GoldImport(serializers.Serializer[Any]):
    project = serializers.SlugRelatedField(slug_field="slug", queryset=Project.objects.all())
    limit = serializers.IntegerField(min_value=1, max_value=100_000, default=100)


class GoldAdded(serializers.Serializer[Any]):
    added = serializers.IntegerField()


class GoldUse(serializers.Serializer[Any]):
    active = serializers.BooleanField(default=False, help_text="true: back to use")


class LeadsNote(serializers.Serializer[Any]):
    note = Text(default="", max_length=2000)


class DisputeRecord(serializers.ModelSerializer[GoldDispute]):
    annotator = serializers.CharField(source="gold_try.annotator.username")
    answers_before = AnswersField()
    answers_after = AnswersField(allow_null=True)

    class Meta:
        model = GoldDispute
        fields = [
            "id", "gold", "annotator", "reason", "state", "answers_before", "answers_after",
            "decision_note", "created_at", "decided_at",
        ]  # fmt: skip


class DisputeDecided(LeadsNote):
    answers = AnswersField(
        default=None, allow_null=True, help_text="the right ones; null upholds the gold"
    )


class PauseRecord(serializers.ModelSerializer[Pause]):
    annotator = serializers.CharField(source="annotator.username")
    lifted_by = serializers.CharField(source="lifted_by.username", default=None)

    class Meta:
        model = Pause
        fields = [
            "id", "annotator", "accuracy", "n", "threshold", "created_at", "lifted_at",
            "lifted_by", "note",
        ]  # fmt: skip


class LeadsView(ApiView):
    abilities = {"GET": Ability.ADJUDICATE, "POST": Ability.ADJUDICATE}


@extend_schema(parameters=[ProjectQuery], methods=["GET"])
class Gold(LeadsView, generics.ListAPIView[GoldItem]):
    """GET: the gold of a project. POST: make a rollout gold; again replaces its answers."""

    serializer_class = GoldRecord
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[GoldItem]:
        return gold_list(_project(self.request))

    @extend_schema(request=GoldMade, responses={201: GoldRecord})
    def post(self, request: Request) -> Response:
        """422 for an answer that its step cannot have."""
        sent = body_of(request, GoldMade)
        rows = Rollout.objects.select_related("pair__project")
        rollout = row_or_404(rows, sent.pop("rollout"))
        made = gold_save(rollout=rollout, lead=user_of(request), **sent)
        return Response(_whole(made), status=status.HTTP_201_CREATED)


class GoldImported(LeadsView):
    @extend_schema(request=GoldImport, responses=GoldAdded)
    def post(self, request: Request) -> Response:
        """Make gold of rollouts whose pair came with true values; how many."""
        sent = body_of(request, GoldImport)
        return Response(GoldAdded({"added": gold_import(**sent, lead=user_of(request))}).data)


class GoldRetire(LeadsView):
    @extend_schema(request=GoldUse, responses=GoldRecord)
    def post(self, request: Request, pk: int) -> Response:
        """Take gold out of use, or put it back; what was answered stays counted."""
        sent = body_of(request, GoldUse)
        gold = row_or_404(GoldItem.objects.select_related("project"), pk)
        return Response(_whole(gold_retire(gold=gold, lead=user_of(request), **sent)))


class ItemGold(LeadsView):
    @extend_schema(request=LeadsNote, responses={201: GoldRecord})
    def post(self, request: Request, pk: int) -> Response:
        """Make a resolved item gold, with what was decided. 409 when it is not resolved."""
        note = body_of(request, LeadsNote)["note"]
        item = row_or_404(QueueItem.objects.select_related("rollout__pair__project"), pk)
        made = gold_from_item(item=item, lead=user_of(request), note=note)
        return Response(_whole(made), status=status.HTTP_201_CREATED)


@extend_schema(parameters=[ProjectQuery])
class Disputes(LeadsView, generics.ListAPIView[GoldDispute]):
    """What people say is wrong about gold, and no lead has decided."""

    serializer_class = DisputeRecord
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[GoldDispute]:
        return open_disputes(_project(self.request))


class DisputeDecide(LeadsView):
    @extend_schema(request=DisputeDecided, responses=DisputeRecord)
    def post(self, request: Request, pk: int) -> Response:
        """Uphold the gold, or change its answers: then all attempts are scored anew. 409 when
        it was decided before."""
        sent = body_of(request, DisputeDecided)
        dispute = row_or_404(GoldDispute.objects.all(), pk)
        decided = dispute_decide(dispute=dispute, lead=user_of(request), **sent)
        return Response(DisputeRecord(decided).data)


@extend_schema(parameters=[ProjectQuery])
class Pauses(LeadsView, generics.ListAPIView[Pause]):
    """Who is or was paused for too many wrong gold steps."""

    serializer_class = PauseRecord
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Pause]:
        return project_pauses(_project(self.request))


class PauseLift(LeadsView):
    @extend_schema(request=LeadsNote, responses=PauseRecord)
    def post(self, request: Request, pk: int) -> Response:
        """Let a person go on. 409 when it was lifted before."""
        note = body_of(request, LeadsNote)["note"]
        pause = row_or_404(Pause.objects.all(), pk)
        lifted = pause_lift(pause=pause, lead=user_of(request), note=note)
        return Response(PauseRecord(lifted).data)


def _whole(gold: GoldItem) -> dict[str, Any]:
    body: dict[str, Any] = GoldRecord(gold_list(gold.project).get(pk=gold.pk)).data
    return body


def _project(request: Request) -> Project:
    return project_named(query_of(request, ProjectQuery)["project"])
