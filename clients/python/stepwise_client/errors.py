"""Problem details (RFC 9457) as exceptions."""

from __future__ import annotations

from typing import Any

import httpx


class StepwiseError(Exception):
    """``type`` is stable, ``detail`` a sentence, ``body`` the whole answer."""

    def __init__(self, status: int, type: str, detail: str, body: dict[str, Any]) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.type = type
        self.detail = detail
        self.body = body


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
    cls = StepwiseError
    if name.endswith(":draft-conflict"):
        cls = DraftConflictError
    elif name.endswith(":invalid-labels"):
        cls = InvalidLabelsError
    elif response.status_code == 409:
        cls = ConflictError
    return cls(response.status_code, name, detail, body)
