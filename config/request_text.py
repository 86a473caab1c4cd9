"""Text in an address or a form that no database column can hold is refused at the door."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, QueryDict

from annotation.cot.storable import storable
from config.unavailable import API, bad_request

_FORM = "application/x-www-form-urlencoded"


class RequestTextMiddleware:
    """A NUL or half a surrogate pair in the path, the query or a page's form is a 400."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        texts: Iterable[str] = chain([request.path_info], _texts(request.GET))
        if request.content_type == _FORM and not request.path.startswith(API):
            texts = chain(texts, _texts(request.POST))
        if any(text != storable(text) for text in texts):
            refusal = BadRequest("a parameter holds a character that cannot be stored")
            return bad_request(request, refusal)
        return self.get_response(request)


def _texts(sent: QueryDict) -> Iterable[str]:
    return chain(sent, chain.from_iterable(values for _, values in sent.lists()))
