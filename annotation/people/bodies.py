"""Bodies that are sent all day, checked by msgspec: a struct is validator and API schema alike.

A DRF serializer copies all its fields for each request and each part of the body, which costs
more than the rest of a submit. ``people.schema`` describes structs in the OpenAPI document.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec
from rest_framework import serializers
from rest_framework.request import Request

B = TypeVar("B", bound=msgspec.Struct)

_PLACE = " - at `$"  # how msgspec ends a refusal that is not about the whole body


def body_as(request: Request, form: type[B]) -> B:
    """The checked body; a number may come as text, as in every other body.

    Raises:
        ValidationError: what is wrong, by its place, as in ``labels[0].kind``.
    """
    try:
        return msgspec.convert(request.data, form, strict=False)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(_PLACE)
        raise serializers.ValidationError(
            {place.rstrip("`").lstrip(".") or "body": [message]}
        ) from error
