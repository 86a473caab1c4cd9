"""An annotator at the real pages: logs in, takes the next item, submits five steps."""

from __future__ import annotations

import html
import re
import time
from dataclasses import dataclass, field

import httpx

from bench.support.items import PASSWORD

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_FORM = re.compile(r'<form id="label-form" method="post" action="([^"]+)"')
_KEY = re.compile(r'name="client_key" value="([^"]+)"')
_CLAIM = re.compile(r'data-kind="(\d)" data-claim="([^"]*)"')


@dataclass
class Clicker:
    """Seconds of every claim and submit, the receipts, and the items they were for."""

    address: str
    name: str
    claims: list[float] = field(default_factory=list)
    submits: list[float] = field(default_factory=list)
    both: list[float] = field(default_factory=list)  # the pages have no such request
    receipts: list[int] = field(default_factory=list)

    def work(self, limit: int, project: str) -> None:
        """Label until the queue is empty or ``limit`` items are done."""
        with httpx.Client(base_url=self.address, timeout=120) as client:
            self._log_in(client)
            while len(self.receipts) < limit and self._one(client, project):
                pass

    def _log_in(self, client: httpx.Client) -> None:
        token = _first(_TOKEN, client.get("/login/").text)
        answer = client.post(
            "/login/",
            data={
                "username": self.name,
                "password": PASSWORD,
                "csrfmiddlewaretoken": token,
            },
        )
        if answer.status_code != httpx.codes.FOUND:
            raise RuntimeError(f"{self.name} could not log in: {answer.status_code}")

    def _one(self, client: httpx.Client, project: str) -> bool:
        began = time.perf_counter()
        page = client.get("/label/", params={"project": project})
        self.claims.append(time.perf_counter() - began)
        page.raise_for_status()
        if not (form := _FORM.search(page.text)):
            self.claims.pop()
            return False
        data = {"csrfmiddlewaretoken": _first(_TOKEN, page.text), "active_ms": "1000"}
        data["client_key"] = _first(_KEY, page.text)
        for kind, claim in _CLAIM.findall(page.text):
            data[f"verdict-{kind}"] = "correct"
            if claim:
                data[f"value-{kind}"] = html.unescape(claim)
        began = time.perf_counter()
        answer = client.post(
            html.unescape(form.group(1)), data=data, headers={"X-Stepwise": "1"}
        )
        self.submits.append(time.perf_counter() - began)
        answer.raise_for_status()
        self.receipts.append(int(answer.json()["receipt"]))
        return True


def _first(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    if not match:
        raise RuntimeError(f"the page has no {pattern.pattern}")
    return html.unescape(match.group(1))
