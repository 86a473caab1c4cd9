"""Reviews: a lead's second look at a share of what resolved by itself."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.deciding.reviews import review_accept
from annotation.deciding.reviews_select import reviews_due
from annotation.models import Review
from annotation.people.abilities import Ability
from annotation.people.api import ApiView, user_of
from annotation.people.fields import (
    Pages,
    ProjectQuery,
    Text,
    body_of,
    project_named,
    query_of,
    row_or_404,
)


class ReviewRecord(serializers.ModelSerializer[Review]):
    reviewer = serializers.CharField(source="reviewer.username", default=None)

    class Meta:
        model = Review
        fields = ["id", "item", "state", "reviewer", "note", "created_at", "decided_at"]


class ReviewNote(serializers.Serializer[Any]):
    note = Text(default="", max_length=2000)


@extend_schema(parameters=[ProjectQuery])
class Reviews(ApiView, generics.ListAPIView[Review]):
    """The reviews that are due; an item that should not stand is reopened."""

    abilities = {"GET": Ability.ADJUDICATE}
    serializer_class = ReviewRecord
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Review]:
        return reviews_due(project_named(query_of(self.request, ProjectQuery)["project"]))


class ReviewAccept(ApiView):
    abilities = {"POST": Ability.ADJUDICATE}

    @extend_schema(request=ReviewNote, responses=ReviewRecord)
    def post(self, request: Request, pk: int) -> Response:
        """What was decided stands. 409 when it was reviewed before."""
        note = body_of(request, ReviewNote)["note"]
        review = row_or_404(Review.objects.all(), pk)
        return Response(
            ReviewRecord(review_accept(review=review, lead=user_of(request), note=note)).data
        )
