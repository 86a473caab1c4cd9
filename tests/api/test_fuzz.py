"""Random requests made from the committed schema: whatever is sent, nothing breaks (no 5xx)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import schemathesis
import yaml
from django.test.client import ClientHandler
from hypothesis import HealthCheck, settings
from pytest_django import Settings
from schemathesis.config import SchemathesisConfig
from schemathesis.transport.wsgi import WSGI_TRANSPORT
from werkzeug.test import EnvironBuilder

from annotation.exports.jobs import export_job_create
from annotation.labelling.queue import queue_claim
from annotation.models import Project
from annotation.people.abilities import Ability
from annotation.people.roles import Role
from annotation.people.tokens import api_token_create
from tests.factories import make_item, make_user, submit
from tests.training.world import policy_make, run_make

SCHEMA = yaml.safe_load(
    (Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml").read_text()
)
# Only the random phase: the systematic one makes thousands of requests.
_PHASES = {"coverage": {"enabled": False}, "examples": {"enabled": False}}
api = schemathesis.openapi.from_dict(
    SCHEMA, config=SchemathesisConfig.from_dict({"phases": _PHASES})
)


@pytest.fixture
def world(db: None, settings: Settings, tmp_path: Path) -> dict[str, Any]:
    """One of everything, so that ids and slugs of the schema can meet something real."""
    settings.MEDIA_ROOT, settings.API_PER_MINUTE = tmp_path, 1_000_000
    user = make_user(Role.ADMIN)
    project = Project.objects.create(slug="shop", name="shop", overlap=1, max_overlap=1)
    receipt = submit(make_item(project), user)
    item = make_item(project)
    claim = queue_claim(annotator=user)
    assert claim is not None
    ids = {
        "claims": claim.pk,
        "submissions": receipt.pk,
        "items": item.pk,
        "rollouts": item.rollout_id,
        "exports": export_job_create(project=project, format="labels").pk,
        "runs": run_make(project, policy=policy_make(name="seed")).pk,
    }
    _, secret = api_token_create(user=user, name="fuzz", scopes=list(Ability))
    return {"ids": ids, "authorization": f"Bearer {secret}"}


@api.parametrize()
@settings(max_examples=5, suppress_health_check=list(HealthCheck), deadline=None)
def test_no_request_breaks_the_server(case: Any, world: dict[str, Any]) -> None:
    kind = case.path.split("/")[3]
    if "id" in case.path_parameters:
        case.path_parameters["id"] = world["ids"].get(kind, 1)
    if "slug" in case.path_parameters:
        case.path_parameters["slug"] = "shop"
    if "project" in (case.query or {}):
        case.query["project"] = "shop"
    if isinstance(case.body, dict) and "project" in case.body:
        case.body["project"] = "shop"
    sent = WSGI_TRANSPORT.serialize_case(
        case, headers={"Authorization": world["authorization"]}
    )
    response = ClientHandler()(EnvironBuilder(**sent).get_environ())
    assert response.status_code < 500, case.as_curl_command()
    if response.status_code >= 400:
        assert response["Content-Type"] == "application/problem+json"
