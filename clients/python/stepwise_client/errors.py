"""Problem details (RFC 9457) as exceptions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx


class StepwiseError(Exception):
    """``type`` is stable, ``detail`` a sentence, ``body`` the whole answer."""

    def __init__(self, status: int, type: str, detail: str, body: dict[str, Any]) -> None:
        super().__init__(detail)
        self.status = status
        self.type = type
        self.detail = detail
        self.body = body

    @property
    def fields(self) -> dict[str, str]:
        """Field (or step, or "body") -> what is wrong with it; nested ones as a.b and a.0."""
        return dict(_flat("", self.body.get("errors") or {}))

    def __str__(self) -> str:
        named = "; ".join(f"{field}: {text}" for field, text in self.fields.items())
        return f"{self.status}: {self.detail}" + (f" ({named})" if named else "")


class ConflictError(StepwiseError):
    """Somebody or something was faster."""


class DraftConflictError(ConflictError):
    """The draft was saved elsewhere; the stored one comes along."""

    @property
    def version(self) -> int:
        return int(self.body["version"])

    @property
    def draft(self) -> dict[str, Any]:
        return dict(self.body["draft"])


class InvalidLabelsError(StepwiseError):
    @property
    def by_kind(self) -> dict[int, str]:
        """Step kind -> what is wrong; 0 is the submission as a whole."""
        return {int(kind): "; ".join(texts) for kind, texts in self.body["errors"].items()}


class PreflightError(StepwiseError):
    @property
    def unmet(self) -> dict[str, str]:
        """Name of each threshold that is not met -> what it wants."""
        return {line["name"]: line["text"] for line in self.body["preflight"]}


class GateError(StepwiseError):
    @property
    def lines(self) -> list[str]:
        """Why the gate refuses the reward model."""
        return list(self.body["gate"])


_BY_NAME: dict[str, type[StepwiseError]] = {
    "draft-conflict": DraftConflictError,
    "invalid-labels": InvalidLabelsError,
    "preflight": PreflightError,
    "gate": GateError,
}


def error_of(response: httpx.Response) -> StepwiseError:
    """The exception for an answer of 400 and above."""
    try:
        body = response.json()
    except ValueError:
        body = {}
    if not isinstance(body, dict):
        body = {}
    name = str(body.get("type", ""))
    detail = str(body.get("detail") or response.reason_phrase)
    usual = ConflictError if response.status_code == 409 else StepwiseError
    cls = _BY_NAME.get(name.rpartition(":")[2], usual)
    return cls(response.status_code, name, detail, body)


def _flat(path: str, errors: Any) -> Iterator[tuple[str, str]]:
    if isinstance(errors, dict):
        for name, inner in errors.items():
            yield from _flat(f"{path}.{name}" if path else str(name), inner)
    elif isinstance(errors, list) and any(isinstance(each, dict | list) for each in errors):
        for place, inner in enumerate(errors):
            yield from _flat(f"{path}.{place}", inner)
    elif errors:
        yield path, "; ".join(map(str, errors)) if isinstance(errors, list) else str(errors)
