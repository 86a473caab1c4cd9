"""An annotator at the API who never gives up: every request is repeated until it is answered.

A submission is repeated with the same Idempotency-Key, so what was kept although its answer was
lost must count once.
"""

from __future__ import annotations

import http.client
import json
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bench.support.wire import all_correct, wire_to

PAUSE = 0.1  # seconds before a request is repeated
_BUSY = (429, 502, 503, 504)
_OVER = ("done", "empty")


class GaveUp(RuntimeError):
    """The time for the whole run is over."""


@dataclass
class Claimer:
    """``served``: items in the order they were given out; ``receipts``: key -> receipt;
    ``troubles``: what went wrong on the way, by kind."""

    address: str
    token: str
    project: str
    until: float  # of time.monotonic()
    served: list[int] = field(default_factory=list)
    receipts: dict[str, int] = field(default_factory=dict)
    troubles: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._connection: http.client.HTTPConnection | None = None

    def work(self) -> None:
        """Label until nothing is left for this person."""
        while (claim := self._next()) is not None:
            self.served.append(int(claim["item"]))
            self._submit(claim)

    def _next(self) -> dict[str, Any] | None:
        while True:
            _, _, body = self._ask("queue/next/", {"project": self.project})
            if claim := body["claim"]:
                record: dict[str, Any] = claim
                return record
            if body["queue"]["why"] in _OVER:
                return None
            time.sleep(PAUSE)  # others hold what is left

    def _submit(self, claim: dict[str, Any]) -> None:
        key = uuid.uuid4().hex
        labels = all_correct(claim)
        path = f"claims/{claim['id']}/submit/"
        status, last_sent, body = self._ask(path, {"labels": labels}, {"Idempotency-Key": key})
        if status != http.client.CREATED:
            self.troubles["refused"] += 1
            return
        self.receipts[key] = int(body["receipt"])
        # Kept by an attempt before the one that was answered.
        if datetime.fromisoformat(body["created_at"]) < last_sent:
            self.troubles["answer_lost"] += 1

    def _ask(
        self, path: str, body: dict[str, Any], headers: dict[str, str] | None = None
    ) -> tuple[int, datetime, dict[str, Any]]:
        """(status, when the answered attempt was sent, body)."""
        sent = json.dumps(body).encode()
        every = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            **(headers or {}),
        }
        while True:
            if time.monotonic() > self.until:
                raise GaveUp(f"{path} was not answered in time: {dict(self.troubles)}")
            began = datetime.now(UTC)
            try:
                status, answer = self._once(path, sent, every)
            except (OSError, http.client.HTTPException):
                self._hang_up()
                self.troubles["connection_lost"] += 1
            else:
                if status < 500 and status not in _BUSY:
                    return status, began, json.loads(answer)
                self.troubles["unavailable" if status in _BUSY else "server_error"] += 1
            time.sleep(PAUSE)

    def _once(self, path: str, sent: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        if self._connection is None:
            self._connection = wire_to(self.address, timeout=30)
        self._connection.request("POST", f"/api/v1/{path}", sent, headers)
        response = self._connection.getresponse()
        return response.status, response.read()

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
