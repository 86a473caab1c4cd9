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
    """Seconds of every claim, submit and submit that claims too, and the receipts."""

    address: str
    token: str
    claims: list[float] = field(default_factory=list)
    submits: list[float] = field(default_factory=list)
    both: list[float] = field(default_factory=list)
    receipts: list[int] = field(default_factory=list)

    def work(self, limit: int, project: str) -> None:
        """Label until the queue is empty or ``limit`` items are done, in two requests each."""
        wire = wire_to(self.address, timeout=120)
        done = 0
        try:
            while done < limit and (claim := self._claim(wire, project)):
                self._submit(wire, claim, self.submits)
                done += 1
        finally:
            wire.close()

    def work_on(self, limit: int, project: str) -> None:
        """The same in one request each: a submit also claims the next item."""
        wire = wire_to(self.address, timeout=120)
        done, claim = 0, self._claim(wire, project)
        try:
            while done < limit and claim:
                done += 1
                wanted = {"next": {"project": project}} if done < limit else {}
                claim = self._submit(wire, claim, self.both, **wanted)
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

    def _claim(self, wire: http.client.HTTPConnection, project: str) -> Any:
        began = time.perf_counter()
        claim = self._ask(wire, "POST", "queue/next/", {"project": project})["claim"]
        if claim:
            self.claims.append(time.perf_counter() - began)
        return claim

    def _submit(
        self, wire: http.client.HTTPConnection, claim: Any, times: list[float], **more: Any
    ) -> Any:
        """The next claim, where it was asked for."""
        body = {"labels": all_correct(claim), "active_ms": 1000, **more}
        began = time.perf_counter()
        answer = self._ask(wire, "POST", f"claims/{claim['id']}/submit/", body)
        times.append(time.perf_counter() - began)
        self.receipts.append(int(answer["receipt"]))
        return answer["next"]["claim"] if "next" in answer else None

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
