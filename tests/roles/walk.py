"""Every address of the site, asked for by every role."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

METHODS = ("GET", "POST")
_ARGUMENT = re.compile(r"<(?:(\w+):)?\w+>")


@dataclass(frozen=True, slots=True)
class Address:
    name: str  # with its namespace, as reverse() takes it
    url: str  # arguments filled with an object that does not exist: who may look is told first


def addresses() -> Iterator[Address]:
    yield from _under(get_resolver().url_patterns, "/", "")


def _under(
    patterns: list[URLPattern | URLResolver], prefix: str, space: str
) -> Iterator[Address]:
    for pattern in patterns:
        route = prefix + _plain(str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _under(pattern.url_patterns, route, inner)
        elif pattern.name and not route.endswith("nowhere"):
            yield Address(space + pattern.name, route)


def _plain(route: str) -> str:
    """``label/<int:pk>/`` -> ``label/0/``; a regular expression is the admin's last resort."""
    if route.startswith("^") or "(?P" in route:
        return "nowhere"
    return _ARGUMENT.sub(lambda m: "0" if m.group(1) in ("int", "path") else "nope", route)


def answer_of(client: Client, method: str, url: str) -> str:
    """in, login, no (forbidden), or - (no such method)."""
    response: HttpResponseBase = client.generic(method, url)
    code, target = response.status_code, response.headers.get("Location", "")
    assert code < 500, f"{method} {url} gave {code}"
    if code == 401 or (code == 302 and re.match(r"(/admin)?/login/", target)):
        return "login"
    return {403: "no", 405: "-"}.get(code, "in")
