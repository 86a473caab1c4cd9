"""Flags: whoever labels raises them, leads settle them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.labelling.flags import MAX_REASON, flag_raise, flag_settle
from annotation.labelling.flags_select import open_flags
from annotation.models import Assignment, Flag
from annotation.people.abilities import Ability
from annotation.people.api import ApiView, user_of
from annotation.people.fields import (
    OptionalProject,
    Pages,
    Text,
    body_of,
    project_named,
    query_of,
    row_or_404,
)


class FlagRecord(serializers.ModelSerializer[Flag]):
    """``kind`` null: the whole item is meant."""

    raised_by = serializers.CharField(source="raised_by.username")
    settled_by = serializers.CharField(source="settled_by.username", default=None)

    class Meta:
        model = Flag
        fields = [
            "id", "item", "kind", "reason", "raised_by", "raised_at", "settled_by",
            "settled_at", "answer",
        ]  # fmt: skip


class FlagRaised(serializers.Serializer[Any]):
    reason = Text(allow_blank=False, max_length=MAX_REASON)
    kind = serializers.IntegerField(min_value=1, max_value=5, default=None, allow_null=True)


class FlagAnswer(serializers.Serializer[Any]):
    answer = Text(default="", max_length=2000, help_text="shown to who raised it")


@extend_schema(parameters=[OptionalProject])
class Flags(ApiView, generics.ListAPIView[Flag]):
    """What no lead has settled yet."""

    abilities = {"GET": Ability.ADJUDICATE}
    serializer_class = FlagRecord
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Flag]:
        query = query_of(self.request, OptionalProject)
        return open_flags(project_named(query["project"]) if "project" in query else None)


class FlagSettle(ApiView):
    abilities = {"POST": Ability.ADJUDICATE}

    @extend_schema(request=FlagAnswer, responses=FlagRecord)
    def post(self, request: Request, pk: int) -> Response:
        """409 when somebody settled it before."""
        answer = body_of(request, FlagAnswer)["answer"]
        flag = row_or_404(Flag.objects.all(), pk)
        settled = flag_settle(flag=flag, lead=user_of(request), answer=answer)
        return Response(FlagRecord(settled).data)


class ClaimFlag(ApiView):
    abilities = {"POST": Ability.LABEL}

    @extend_schema(request=FlagRaised, responses={201: FlagRecord})
    def post(self, request: Request, pk: int) -> Response:
        """Point the leads at the item of your claim, or at one of its steps. The same flag
        again is the same flag."""
        sent = body_of(request, FlagRaised)
        person = user_of(request)
        rows = Assignment.objects.filter(annotator=person).select_related("item")
        flag = flag_raise(item=row_or_404(rows, pk).item, person=person, **sent)
        return Response(FlagRecord(flag).data, status=status.HTTP_201_CREATED)
