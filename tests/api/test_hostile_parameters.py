"""Whatever a parameter holds, the server does not break, and /api/ answers with problems."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotation.labelling.queue import queue_claim
from annotation.models import QueueItem
from annotation.people.roles import Role
from tests.factories import make_item, make_project, make_user

pytestmark = pytest.mark.django_db
PROBLEM = "application/problem+json"
PARAMETERS = (
    "project", "cursor", "policy", "split", "q", "after", "page", "page_size", "kind", "state",
    "query", "days", "person", "step", "order", "by", "run", "batch", "rm", "claim",
)  # fmt: skip


def routes(resolver: URLResolver, prefix: str = "/") -> Iterator[str]:
    """The addresses without a part that varies; the admin has checks of its own."""
    for pattern in resolver.url_patterns:
        path = prefix + str(pattern.pattern).removeprefix("^").removesuffix("$")
        if isinstance(pattern, URLResolver) and not path.startswith("/admin"):
            yield from routes(pattern, path)
        elif isinstance(pattern, URLPattern) and "<" not in path and "(" not in path:
            yield path


ROUTES = sorted(set(routes(get_resolver())))
HOSTILE = st.one_of(
    st.sampled_from([
        "\0", "a\0b", "cD1hYmM=", "cD05OTk5OTk5OTk5OTk5OTk5OTk5OQ==", "1e999", "-1", "nan",
        "9" * 30, "\u202e", "%", "'", "\u0661\u0662",
    ]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)  # fmt: skip


@pytest.fixture
def admin() -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(make_user(Role.ADMIN))
    return client


@pytest.mark.parametrize("route", ROUTES)
@settings(max_examples=15, suppress_health_check=list(HealthCheck), deadline=None)
@given(values=st.dictionaries(st.sampled_from(PARAMETERS), HOSTILE, min_size=1, max_size=3))
def test_no_parameter_of_any_address_breaks_the_server(
    route: str, admin: Client, values: dict[str, str]
) -> None:
    query = "&".join(f"{name}={quote(value)}" for name, value in values.items())
    response = admin.get(f"{route}?{query}")
    assert response.status_code < 500, f"{route}?{query}"
    if route.startswith("/api/") and response.status_code >= 400:
        assert response["Content-Type"] == PROBLEM


def test_a_cursor_of_another_shape_is_not_found(admin: Client) -> None:
    response = admin.get("/api/v1/projects/?cursor=cD1hYmM=")
    assert (response.status_code, response["Content-Type"]) == (404, PROBLEM)


def test_a_text_in_a_draft_that_cannot_be_stored_is_refused_and_the_draft_stays() -> None:
    person = make_user()
    make_item(make_project())
    claim = queue_claim(annotator=person)
    assert claim is not None
    client = Client(raise_request_exception=False)
    client.force_login(person)
    sent = {"base_version": "0", "verdict-1": "unsure", "reason-1": "a\0b"}
    response = client.post(f"/label/{claim.pk}/draft/", sent)
    assert response.status_code == 422
    claim.refresh_from_db()
    assert (claim.draft_version, claim.draft) == (0, {})
    assert QueueItem.objects.get().state == "open"


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v2/", "/api/v1/nothing/", "/api/v1/pairs/x\0y/"]
)
def test_an_address_of_the_api_that_is_none_is_a_problem(path: str, admin: Client) -> None:
    response = admin.get(quote(path))
    assert response.status_code in (400, 404)
    assert response["Content-Type"] == PROBLEM


def test_an_oversized_body_is_a_problem(admin: Client) -> None:
    body = json.dumps({"project": "shop", "draft": "x" * 3_000_000})
    response = admin.post("/api/v1/claims/", body, content_type="application/json")
    assert 400 <= response.status_code < 500
    assert response["Content-Type"] == PROBLEM


def test_a_missing_csrf_token_is_a_problem_under_the_api() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user(Role.ADMIN))
    response = client.post("/api/v1/claims/", "{}", content_type="application/json")
    assert (response.status_code, response["Content-Type"]) == (403, PROBLEM)


def test_a_bug_is_a_problem_under_the_api(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("annotation.starting.api.Projects.get_queryset", lambda self: 1 / 0)
    response = admin.get("/api/v1/projects/")
    assert (response.status_code, response["Content-Type"]) == (500, PROBLEM)
