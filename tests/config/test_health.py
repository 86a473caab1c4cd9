from __future__ import annotations

import pytest
from django.db import OperationalError
from django.test import Client

from config import health
from config.heartbeat import worker_seen

pytestmark = pytest.mark.django_db


def test_health_is_200_and_names_the_queues_nobody_serves(client: Client) -> None:
    worker_seen(name="a@host", queues=["default", "bulk", "inference"])
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json() == {
        "database": "ok",
        "broker": "ok",
        "queues_without_worker": ["train"],
        "queues_stalled": [],
    }


@pytest.mark.parametrize("part", ["database", "broker"])
def test_an_unreachable_part_is_503_without_its_address(
    client: Client, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    def refuse() -> None:
        raise OperationalError("connection to server at 10.1.2.3 failed for user secret")

    monkeypatch.setattr(health, f"_ask_{part}", refuse)
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json()[part] == "OperationalError"
    assert b"10.1.2.3" not in response.content


def test_health_can_only_be_read(client: Client) -> None:
    assert client.post("/healthz").status_code == 405
