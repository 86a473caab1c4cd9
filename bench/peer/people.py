"""People of Label Studio: they sign up as its pages ask, then use its API with a token."""

from __future__ import annotations

import http.client
import json
import re
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from bench.support.wire import wire_to

Record = dict[str, Any]
_CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_PASSWORD = "bench-bench-1"
_TIMEOUT = 1200  # seconds; an export of 10,000 tasks takes minutes


@dataclass
class Peer:
    """One annotator on a kept-alive connection: seconds of every claim and submit, and the
    tasks they were for."""

    address: str
    token: str
    claims: list[float] = field(default_factory=list)
    submits: list[float] = field(default_factory=list)
    tasks: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._wire = wire_to(self.address, timeout=_TIMEOUT)

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        headers = {"Authorization": f"Token {self.token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        sent = None if body is None else json.dumps(body).encode()
        self._wire.request(method, f"/api/{path}", sent, headers)
        response = self._wire.getresponse()
        answer = response.read()
        if response.status >= http.client.INTERNAL_SERVER_ERROR:
            raise RuntimeError(f"{path} was answered {response.status}: {answer[:300]!r}")
        return response.status, answer

    def json(self, method: str, path: str, body: Any = None) -> Record:
        status, answer = self.ask(method, path, body)
        if status >= http.client.BAD_REQUEST:
            raise RuntimeError(f"{path} was answered {status}: {answer[:300]!r}")
        record: Record = json.loads(answer)
        return record

    def work(self, limit: int, project: int, result: list[Record]) -> None:
        """Label until nothing is left or ``limit`` more tasks are done."""
        upto = len(self.tasks) + limit
        while len(self.tasks) < upto and self._one(project, result):
            pass
        self.hang_up()

    def hang_up(self) -> None:
        """Before a wait: the server would, on a connection that waits."""
        self._wire.close()

    def _one(self, project: int, result: list[Record]) -> bool:
        began = time.perf_counter()
        status, answer = self.ask("GET", f"projects/{project}/next")
        if status == http.client.NOT_FOUND:
            return False
        if status != http.client.OK:
            raise RuntimeError(f"next was answered {status}: {answer[:300]!r}")
        self.claims.append(time.perf_counter() - began)
        task = int(json.loads(answer)["id"])
        began = time.perf_counter()
        annotation = {"result": result, "lead_time": 1.0}
        self.json("POST", f"tasks/{task}/annotations/?project={project}", annotation)
        self.submits.append(time.perf_counter() - began)
        self.tasks.append(task)
        return True


def crew_of(address: str, count: int) -> list[Peer]:
    """``count`` annotators of one organisation; the first one owns it."""
    owner = _sign_up(address, "owner@example.org", "")
    _post(owner, "/api/jwt/settings", {"legacy_api_tokens_enabled": True})
    link = owner.get("/api/invite").json()["invite_url"]
    people = [_sign_up(address, f"bench{n}@example.org", link) for n in range(count)]
    return [Peer(address, one.get("/api/current-user/token").json()["token"]) for one in people]


def _sign_up(address: str, email: str, link: str) -> httpx.Client:
    client = httpx.Client(base_url=address, timeout=300)
    page = client.get(link or "/user/signup/")
    token = _CSRF.search(page.text)
    if not token:
        raise RuntimeError("the page to sign up has no form")
    form = {"email": email, "password": _PASSWORD, "csrfmiddlewaretoken": token[1]}
    answer = client.post(link or "/user/signup/", data=form)
    if answer.status_code != httpx.codes.FOUND:
        raise RuntimeError(f"{email} could not sign up: {answer.status_code}")
    return client


def _post(client: httpx.Client, path: str, body: Record) -> None:
    answer = client.post(path, json=body, headers={"X-CSRFToken": client.cookies["csrftoken"]})
    answer.raise_for_status()
