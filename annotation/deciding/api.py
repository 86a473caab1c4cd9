"""What people said and what was decided: items, labels, resolutions, agreement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_serializer
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.deciding.causes import cause_keys
from annotation.deciding.resolution import StepDecision, item_adjudicate, item_reopen
from annotation.labelling.api_forms import Marks
from annotation.labelling.pools import item_reserve
from annotation.labelling.skips import item_drop
from annotation.models import Assignment, QueueItem, Resolution, StepLabel
from annotation.models.outbox import outbox_settled
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

DECIDED = ("correct", "incorrect")  # what may be decided of a step; unsure is no decision


class Item(serializers.ModelSerializer[QueueItem]):
    """An item of the queue. ``kinds``: the steps it asks about."""

    project = serializers.SlugField(source="project.slug")
    kinds = serializers.ListField(child=serializers.IntegerField())

    class Meta:
        model = QueueItem
        fields = [
            "id", "project", "rollout", "reason", "state", "priority", "overlap", "kinds",
            "note", "selection", "probability", "opened_at", "closed_at",
        ]  # fmt: skip


class Holder(serializers.ModelSerializer[Assignment]):
    annotator = serializers.CharField(source="annotator.username")

    class Meta:
        model = Assignment
        fields = [
            "annotator", "slot", "state", "expires_at", "submitted_at", "skip", "reason",
        ]  # fmt: skip


class LabelRecord(serializers.ModelSerializer[StepLabel]):
    """``attributes``: what was said about each asked attribute of step 4."""

    annotator = serializers.CharField(source="annotator.username")
    attributes = Marks()

    class Meta:
        model = StepLabel
        fields = [
            "id", "item", "kind", "verdict", "value", "reason", "comment", "comment_start",
            "comment_end", "attributes", "annotator", "guideline_version", "created_at",
        ]  # fmt: skip


class ResolutionRecord(serializers.ModelSerializer[Resolution]):
    class Meta:
        model = Resolution
        fields = [
            "id", "item", "pair", "kind", "verdict", "value", "source", "n", "agreement",
            "cause", "guideline_version", "created_at",
        ]  # fmt: skip


class ItemDetailRecord(Item):
    assignments = Holder(many=True)
    labels = serializers.SerializerMethodField()
    resolutions = ResolutionRecord(many=True)

    class Meta(Item.Meta):
        fields = [*Item.Meta.fields, "assignments", "labels", "resolutions"]

    @extend_schema_field(LabelRecord(many=True))
    def get_labels(self, item: QueueItem) -> Any:
        """Undone submissions are left out."""
        rows = item.labels.filter(submission__undone_at=None).select_related("annotator")
        return LabelRecord(rows.order_by("pk"), many=True).data


class ItemQuery(ProjectQuery):
    state = serializers.ChoiceField(choices=QueueItem.State.choices, required=False)
    reason = serializers.ChoiceField(choices=QueueItem.Reason.choices, required=False)


class AfterQuery(ProjectQuery):
    after = serializers.IntegerField(
        min_value=0, max_value=BIG, default=0, help_text="ids greater than this"
    )


@extend_schema_serializer(component_name="Decision")
class DecisionBody(serializers.Serializer[Any]):
    kind = serializers.IntegerField(min_value=1, max_value=5)
    verdict = serializers.ChoiceField(choices=DECIDED)
    value = Text(default="", max_length=16)


class CauseField(serializers.ChoiceField):
    """Reads the table of causes whenever a form is made of it."""

    def __init__(self, **more: Any) -> None:
        super().__init__(choices=cause_keys(), **more)


class Adjudicate(serializers.Serializer[Any]):
    decisions = DecisionBody(many=True, allow_empty=False)
    cause = CauseField(required=False)
    comment = Text(default="")


class Reserve(serializers.Serializer[Any]):
    """Nobody named: whoever labels in the project."""

    people = serializers.ListField(child=Text(max_length=150), max_length=100)


class Reopen(serializers.Serializer[Any]):
    reason = Text(allow_blank=False, max_length=1000)


@extend_schema(parameters=[ItemQuery])
class Items(ApiView, generics.ListAPIView[QueueItem]):
    """The items of a project, optionally in one state or for one reason."""

    abilities = {"GET": Ability.READ}
    serializer_class = Item
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[QueueItem]:
        query = query_of(self.request, ItemQuery)
        rows = QueueItem.objects.filter(project=project_named(query["project"]))
        chosen = {name: query[name] for name in ("state", "reason") if name in query}
        return rows.filter(**chosen).select_related("project")


class ItemDetail(ApiView, generics.RetrieveAPIView[QueueItem]):
    """An item with who held it, what they said and what was decided."""

    abilities = {"GET": Ability.READ}
    serializer_class = ItemDetailRecord
    queryset = QueueItem.objects.select_related("project").prefetch_related(
        "assignments__annotator", "resolutions"
    )


class ItemAdjudicate(ApiView):
    abilities = {"POST": Ability.ADJUDICATE}

    @extend_schema(request=Adjudicate, responses=ResolutionRecord(many=True))
    def post(self, request: Request, pk: int) -> Response:
        """Decide a split item; 409 when it does not wait for that any more."""
        sent = body_of(request, Adjudicate)
        rows = item_adjudicate(
            item=row_or_404(QueueItem.objects.all(), pk),
            lead=user_of(request),
            decisions=_decisions(sent["decisions"]),
            cause=sent.get("cause", ""),
            comment=sent["comment"],
        )
        return Response(ResolutionRecord(rows, many=True).data)


class ItemReopen(ApiView):
    abilities = {"POST": Ability.ADJUDICATE}

    @extend_schema(request=Reopen, responses=Item)
    def post(self, request: Request, pk: int) -> Response:
        """Put a closed item back into work."""
        reason = body_of(request, Reopen)["reason"]
        item = row_or_404(QueueItem.objects.select_related("project"), pk)
        return Response(Item(item_reopen(item=item, lead=user_of(request), reason=reason)).data)


class ItemDrop(ApiView):
    abilities = {"POST": Ability.ADJUDICATE}

    @extend_schema(request=Reopen, responses=Item)
    def post(self, request: Request, pk: int) -> Response:
        """Take an item that cannot be judged out of the queue."""
        reason = body_of(request, Reopen)["reason"]
        item = row_or_404(QueueItem.objects.select_related("project"), pk)
        return Response(Item(item_drop(item=item, lead=user_of(request), reason=reason)).data)


class ItemReserve(ApiView):
    abilities = {"POST": Ability.ADJUDICATE}

    @extend_schema(request=Reserve, responses=Item)
    def post(self, request: Request, pk: int) -> Response:
        """Keep an open item for some people, by user name."""
        names = set(body_of(request, Reserve)["people"])
        people = list(User.objects.filter(username__in=names))
        if missing := names - {person.username for person in people}:
            raise serializers.ValidationError(
                {"people": [f"nobody is called {name}" for name in sorted(missing)]}
            )
        item = row_or_404(QueueItem.objects.select_related("project"), pk)
        kept = item_reserve(item=item, people=people, lead=user_of(request))
        return Response(Item(kept).data)


@extend_schema(parameters=[AfterQuery])
class Labels(ApiView, generics.ListAPIView[StepLabel]):
    """Valid labels in order of id. A label appears once no smaller id can still appear."""

    abilities = {"GET": Ability.READ}
    serializer_class = LabelRecord
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[StepLabel]:
        query = query_of(self.request, AfterQuery)
        project = project_named(query["project"])
        valid = StepLabel.objects.filter(
            item__project=project, submission__undone_at=None, pk__gt=query["after"]
        )
        # An answer to gold checks a person; it is no label of the step.
        labels = valid.exclude(item__state=QueueItem.State.GOLD).select_related("annotator")
        return outbox_settled(labels, project)


@extend_schema(parameters=[AfterQuery])
class Resolutions(ApiView, generics.ListAPIView[Resolution]):
    """Decisions in order of id; the newest of an item and kind is the valid one. A decision
    appears once no smaller id can still appear."""

    abilities = {"GET": Ability.READ}
    serializer_class = ResolutionRecord
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Resolution]:
        query = query_of(self.request, AfterQuery)
        project = project_named(query["project"])
        rows = Resolution.objects.filter(pair__project=project, pk__gt=query["after"])
        return outbox_settled(rows, project)


def _decisions(sent: list[Mapping[str, Any]]) -> dict[int, StepDecision]:
    decisions: dict[int, StepDecision] = {}
    for decision in sent:
        if decision["kind"] in decisions:
            raise serializers.ValidationError(
                {"decisions": [f"step {decision['kind']} is decided twice"]}
            )
        decisions[decision["kind"]] = StepDecision(decision["verdict"], decision["value"])
    return decisions
