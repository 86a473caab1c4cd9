"""What the benchmarks' API clients share: one kept connection, and the answer to a claim."""

from __future__ import annotations

import http.client
from typing import Any
from urllib.parse import urlsplit


def wire_to(address: str, timeout: float) -> http.client.HTTPConnection:
    """A connection to the server of ``http://host:port``, opened at its first request."""
    host = urlsplit(address)
    return http.client.HTTPConnection(str(host.hostname), host.port, timeout=timeout)


def all_correct(claim: dict[str, Any]) -> list[dict[str, Any]]:
    """The labels of somebody who agrees with every step of a claim."""
    return [
        {"kind": step["kind"], "verdict": "correct", "value": step["claimed"]}
        for step in claim["steps"]
    ]
