"""Fields that only let in what the database can hold."""

from __future__ import annotations

import re
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404
from rest_framework import pagination, serializers
from rest_framework.exceptions import NotFound
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request

from annotation.cot.storable import storable_json
from annotation.models import Project
from annotation.people.select import project_by_slug

BIG = 2**63 - 1
INT = 2**31 - 1
MAX_TEXT = 100_000
M = TypeVar("M", bound=Model)
_POSITION = re.compile("[0-9]{1,18}").fullmatch  # an id


class StoredJson(serializers.DictField):
    """A JSON object without NUL and lone surrogates, which jsonb cannot hold."""

    def to_internal_value(self, data: Any) -> Any:
        value = super().to_internal_value(data)
        if not storable_json(value):
            raise serializers.ValidationError("a text contains a character that is not allowed")
        return value


class Text(serializers.CharField):
    """Text that may be empty, of bounded length, encodable as UTF-8."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", MAX_TEXT)
        kwargs.setdefault("allow_blank", True)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        text: str = super().to_internal_value(data)
        if any("\ud800" <= c <= "\udfff" for c in text):
            raise serializers.ValidationError("not UTF-8")
        return text


class ProjectQuery(serializers.Serializer[Any]):
    """``?project=SLUG``"""

    project = serializers.SlugField(help_text="slug")


class OptionalProject(serializers.Serializer[Any]):
    project = serializers.SlugField(required=False, help_text="slug; without it any project")


class Pages(pagination.CursorPagination):
    """By cursor: page one million costs what page one costs."""

    ordering = "pk"
    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 1000

    def decode_cursor(self, request: Request) -> pagination.Cursor | None:
        """DRF compares whatever position a cursor names with the id."""
        cursor = super().decode_cursor(request)
        if cursor and cursor.position is not None and not _POSITION(str(cursor.position)):
            raise NotFound(self.invalid_cursor_message)
        return cursor


def query_of(request: Request, form: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    """The checked query parameters.

    Raises:
        ValidationError: one is missing or wrong.
    """
    query = form(data=request.query_params)
    query.is_valid(raise_exception=True)
    return dict(query.validated_data)


def body_of(request: Request, form: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    """The checked body."""
    sent = form(data=request.data)
    sent.is_valid(raise_exception=True)
    return dict(sent.validated_data)


def project_named(slug: str) -> Project:
    project = project_by_slug(slug)
    if project is None:
        raise Http404("No Project matches the given query.")
    return project


def row_or_404(rows: QuerySet[M], pk: int) -> M:
    return get_object_or_404(rows, pk=pk)
