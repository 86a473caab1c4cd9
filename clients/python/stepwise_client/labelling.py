"""Label: claim an item, keep it, draft, submit, pass it on, undo."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from stepwise_client.connection import Connection
from stepwise_client.quality_rows import FlagRow
from stepwise_client.records import Claim, Label, Receipt, Waiting, read


class Labelling(Connection):
    def waiting(self, project: str | None = None) -> Waiting:
        """What the queue holds for you, without taking anything."""
        return read(Waiting, self._get("queue/", project=project))

    def next_claim(self, project: str | None = None) -> Claim | Waiting:
        """Your unfinished claim, else the next item; when there is none, why."""
        wanted = {"project": project} if project else {}
        return _next(self._post("queue/next/", json=wanted, again=True))

    def claim(self, id: int) -> Claim:
        return Claim.of(self._get(f"claims/{id}/"))

    def heartbeat(self, claim: Claim) -> str:
        """When the renewed lease ends, ISO 8601."""
        return str(self._post(f"claims/{claim.id}/heartbeat/", again=True)["expires_at"])

    def save_draft(self, claim: Claim, draft: Mapping[str, Any], base_version: int) -> int:
        """The new version.

        Raises:
            DraftConflictError: ``base_version`` is stale.
        """
        body = {"base_version": base_version, "draft": dict(draft)}
        return int(self._put(f"claims/{claim.id}/draft/", body)["version"])

    def submit(
        self, claim: Claim, labels: Sequence[Label], *, active_ms: int = 0, key: str = ""
    ) -> Receipt:
        """:meth:`submit_and_claim` without the next item."""
        return read(Receipt, self._submit(claim, labels, active_ms, key))

    def submit_and_claim(
        self, claim: Claim, labels: Sequence[Label], *, active_ms: int = 0, key: str = ""
    ) -> tuple[Receipt, Claim | Waiting]:
        """Also takes the next item of the project: one request between two items.

        Safe to repeat with the same ``key``. A lost answer, or a server that is away for a
        moment, is asked again with the same key, made for this call if there is none.

        Raises:
            InvalidLabelsError: with what is wrong by step.
            ConflictError: the item is no longer yours.
        """
        following = {"project": claim.project}
        answer = self._submit(claim, labels, active_ms, key, next=following)
        return read(Receipt, answer), _next(answer["next"])

    def _submit(
        self, claim: Claim, labels: Sequence[Label], active_ms: int, key: str, **more: Any
    ) -> dict[str, Any]:
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        body = {"labels": [asdict(label) for label in labels], "active_ms": active_ms, **more}
        path = f"claims/{claim.id}/submit/"
        answer: dict[str, Any] = self._post(path, json=body, headers=headers, again=True)
        return answer

    def skip(self, claim: Claim, how: str, reason: str = "") -> None:
        """``how``: to_me, to_others, drop or unrateable."""
        self._post(f"claims/{claim.id}/skip/", json={"how": how, "reason": reason})

    def take_back(self, claim: Claim) -> Claim:
        """What you passed to others, while they have not taken it."""
        return Claim.of(self._post(f"claims/{claim.id}/take_back/"))

    def flag(self, claim: Claim, reason: str, kind: int | None = None) -> FlagRow:
        """Point the leads at the item, or at one of its steps; the same again is the same."""
        body = {"reason": reason, "kind": kind}
        row: FlagRow = self._post(f"claims/{claim.id}/flag/", json=body, again=True)
        return row

    def undo(self, receipt: Receipt) -> Claim:
        return Claim.of(self._post(f"submissions/{receipt.receipt}/undo/"))


def _next(body: dict[str, Any]) -> Claim | Waiting:
    return Claim.of(body["claim"]) if body["claim"] else read(Waiting, body["queue"])
