"""docs/openapi.yaml as a server that answers every operation with an example of its schema."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import yaml

PATH = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
_VERBS = {"get", "post", "put", "patch", "delete"}
_EXAMPLES = {"string": "x", "integer": 1, "number": 1.0, "boolean": True}


@cache
def document() -> dict[str, Any]:
    whole: dict[str, Any] = yaml.safe_load(PATH.read_text())
    return whole


@dataclass(frozen=True, slots=True)
class Operation:
    name: str  # "GET /api/v1/runs/{id}/"
    path: re.Pattern[str]
    spec: dict[str, Any]

    def answer(self) -> dict[str, Any] | None:
        """The schema of what comes back; None for an empty answer."""
        (code,) = (code for code in self.spec["responses"] if code.startswith("2"))
        content = self.spec["responses"][code].get("content")
        return next(iter(content.values()))["schema"] if content else None

    def body(self) -> dict[str, Any] | None:
        sent = self.spec.get("requestBody")
        return resolved(next(iter(sent["content"].values()))["schema"]) if sent else None

    def query(self) -> dict[str, bool]:
        """Parameter -> whether it must be there."""
        rows = [row for row in self.spec.get("parameters", ()) if row["in"] == "query"]
        return {row["name"]: row.get("required", False) for row in rows}


def operations() -> list[Operation]:
    return [
        Operation(
            f"{verb.upper()} {path}",
            re.compile(re.sub(r"\{\w+\}", "[^/]+", path)),
            spec,
        )
        for path, verbs in document()["paths"].items()
        for verb, spec in verbs.items()
        if verb in _VERBS
    ]


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    for inner in schema.get("allOf", ())[:1]:
        return resolved(inner)
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return resolved(document()["components"]["schemas"][name])
    return schema


def example(schema: dict[str, Any]) -> Any:
    whole = resolved(schema)
    if "oneOf" in whole:
        return example(whole["oneOf"][0])
    if "enum" in whole:
        return whole["enum"][0]
    if whole.get("type") == "array":
        return [example(whole["items"])]
    if whole.get("type") == "object":
        return {name: example(inner) for name, inner in whole.get("properties", {}).items()}
    return _EXAMPLES.get(whole.get("type", ""))


class Described(httpx.BaseTransport):
    """Notes each operation, and what was sent that its description does not know."""

    def __init__(self) -> None:
        self.reached: list[Operation] = []
        self.faults: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        fits = [
            each
            for each in operations()
            if each.name.startswith(request.method + " ")
            and each.path.fullmatch(request.url.path)
        ]
        # queue/next/ beside a template such as {id}: the plain one
        fits.sort(key=lambda each: each.name.count("{"))
        if not fits:
            self.faults.append(f"no operation {request.method} {request.url.path}")
            return httpx.Response(404, json={"detail": "no such operation"})
        operation = fits[0]
        self.reached.append(operation)
        self._check(operation, request)
        answer = operation.answer()
        if answer is None:
            return httpx.Response(204)
        body = example(answer)
        if isinstance(body, dict) and "results" in body:
            body["next"] = None
        return httpx.Response(200, json=body)

    def _check(self, operation: Operation, request: httpx.Request) -> None:
        query = operation.query()
        sent = set(parse_qs(request.url.query.decode()))
        self._compare(operation, "parameter", sent, set(query), {n for n in query if query[n]})
        schema = operation.body()
        keys: set[str] = set()
        if request.headers.get("Content-Type", "").startswith("multipart/"):
            keys = set(re.findall(r'name="(\w+)"', request.read().decode()))
        elif request.read():
            keys = set(json.loads(request.read()))
        known = set(schema["properties"]) if schema else set()
        must = set(schema.get("required", ())) if schema else set()
        self._compare(operation, "key", keys, known, must)

    def _compare(
        self, operation: Operation, what: str, sent: set[str], known: set[str], must: set[str]
    ) -> None:
        self.faults += [f"{operation.name}: unknown {what} {n}" for n in sorted(sent - known)]
        self.faults += [f"{operation.name}: {what} {n} is missing" for n in sorted(must - sent)]
