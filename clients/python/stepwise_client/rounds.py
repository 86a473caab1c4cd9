"""Rounds: one turn of the circle after another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stepwise_client.connection import Connection
from stepwise_client.polling import polled
from stepwise_client.training_rows import RoundRow, RoundWhole


class Rounds(Connection):
    def rounds(self, project: str | None = None) -> Iterator[RoundRow]:
        return self._pages("rounds/", project=project)

    def round(self, id: int) -> RoundWhole:
        """Where it stands, and what it waits for."""
        row: RoundWhole = self._get(f"rounds/{id}/")
        return row

    def start_round(
        self,
        project: str,
        *,
        policy: str | None = None,
        autopilot: str | None = None,
        plan: Mapping[str, Any] | None = None,
        waiver: str = "",
    ) -> RoundWhole:
        """``autopilot``: off, to_release or whole. ``plan``: docs/circle.md. ``waiver``: a
        lead's reason to let its runs start though thresholds are not met.

        Raises:
            ConflictError: one is open.
        """
        body = {"project": project, "policy": policy, "autopilot": autopilot}
        body |= {"waiver": waiver}
        row: RoundWhole = self._post("rounds/", json=body | {"plan": plan and dict(plan)})
        return row

    def advance_round(self, id: int, waiver: str = "") -> RoundWhole:
        """Begin the next stage. ``waiver``: as in :meth:`start_round`, of this launch.

        Raises:
            ConflictError: with the condition that is not met.
        """
        row: RoundWhole = self._post(f"rounds/{id}/advance/", json={"waiver": waiver})
        return row

    def stop_round(self, id: int, reason: str = "") -> RoundWhole:
        """Its runs are cancelled."""
        row: RoundWhole = self._post(f"rounds/{id}/stop/", json={"reason": reason})
        return row

    def wait_round(self, id: int, *, seconds: float = 600, every: float = 1.0) -> RoundWhole:
        """The round when its stage is ready for :meth:`advance_round`, or it has ended.

        Raises:
            TimeoutError: neither comes in that time.
        """
        return polled(
            lambda: self.round(id),
            until=lambda whole: whole["wait"] is None or whole["wait"]["ready"],
            waiting=lambda whole: (
                f"round {id} waits: {whole['wait'] and whole['wait']['text']}"
            ),
            seconds=seconds,
            every=every,
        )
