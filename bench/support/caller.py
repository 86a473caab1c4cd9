"""An annotator at the API: takes the next item, submits five steps, on one kept connection.

``http.client`` and no more: what the client costs is taken from the same processor cores.
"""

from __future__ import annotations

import http.client
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from bench.support.wire import all_correct, wire_to


@dataclass
class Caller:
    """Seconds of every claim and submit, and the receipts."""

    address: str
    token: str
    claims: list[float] = field(default_factory=list)
    submits: list[float] = field(default_factory=list)
    receipts: list[int] = field(default_factory=list)

    def work(self, limit: int, project: str) -> None:
        """Label until the queue is empty or ``limit`` items are done."""
        wire = wire_to(self.address, timeout=120)
        try:
            while len(self.receipts) < limit and self._one(wire, project):
                pass
        finally:
            wire.close()

    def get(self, path: str, times: int) -> list[float]:
        """Seconds of each of ``times`` GETs of one address."""
        wire = wire_to(self.address, timeout=120)
        seconds = []
        for _ in range(times):
            began = time.perf_counter()
            self._ask(wire, "GET", path)
            seconds.append(time.perf_counter() - began)
        wire.close()
        return seconds

    def _one(self, wire: http.client.HTTPConnection, project: str) -> bool:
        began = time.perf_counter()
        claim = self._ask(wire, "POST", "queue/next/", {"project": project})["claim"]
        if claim is None:
            return False
        self.claims.append(time.perf_counter() - began)
        labels = all_correct(claim)
        path = f"claims/{claim['id']}/submit/"
        began = time.perf_counter()
        answer = self._ask(wire, "POST", path, {"labels": labels, "active_ms": 1000})
        self.submits.append(time.perf_counter() - began)
        self.receipts.append(int(answer["receipt"]))
        return True

    def _ask(
        self, wire: http.client.HTTPConnection, method: str, path: str, body: Any = None
    ) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            headers |= {"Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex}
        sent = None if body is None else json.dumps(body).encode()
        wire.request(method, f"/api/v1/{path}", sent, headers)
        response = wire.getresponse()
        answer = response.read()
        if response.status >= http.client.BAD_REQUEST:
            raise RuntimeError(f"{path} was answered {response.status}: {answer[:300]!r}")
        return json.loads(answer)
