"""Rollouts by a policy, their scores, and where the reward model and people differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from stepwise_client.connection import Connection
from stepwise_client.records import Job
from stepwise_client.training_rows import (
    BatchQueued,
    BulkDecision,
    DisagreementRow,
    Influence,
    InfluenceOnRun,
    ScoreRow,
    WritersBatch,
    WritingRow,
)


class Scoring(Connection):
    def first_cots(self, project: str) -> list[WritingRow]:
        """What every writer has written, the one chosen last first."""
        rows: list[WritingRow] = self._get("first-cots/", project=project)
        return rows

    def write_first_cots(
        self, project: str, *, url: str = "", model: str = "", **more: Any
    ) -> WritersBatch:
        """By the catalogue writer, or by the chat model at ``url``; wait for its batch.
        ``more``: splits, pairs, temperature, max_tokens."""
        body = {"project": project, "url": url, "model": model, **more}
        row: WritersBatch = self._post("first-cots/", json=body)
        return row

    def start_batch(
        self,
        project: str,
        policy: str,
        *,
        splits: Sequence[str] = ("train",),
        pairs: int = 50,
        n: int = 1,
        temperature: float = 0.99,
        max_tokens: int = 256,
        seed: int = 0,
        **more: Any,
    ) -> Job:
        """Have a policy, or a writer, answer for pairs, the oldest first. ``more``: top_k,
        overlap, queue_limit."""
        body = {
            "project": project, "policy": policy, "splits": list(splits), "pairs": pairs,
            "n": n, "temperature": temperature, "max_tokens": max_tokens, "seed": seed,
        }  # fmt: skip
        return Job.of(self._post("batches/", json=body | more))

    def batches(self, project: str) -> Iterator[Job]:
        return map(Job.of, self._pages("batches/", project=project))

    def retry_batch(self, id: int) -> Job:
        return Job.of(self._post(f"batches/{id}/retry/"))

    def queue_batch(self, id: int) -> BatchQueued:
        """Put what parses before people; again adds none."""
        row: BatchQueued = self._post(f"batches/{id}/queue/", again=True)
        return row

    def scores(self, project: str, *, rm: str | None = None) -> Iterator[ScoreRow]:
        return self._pages("scores/", project=project, rm=rm)

    def scoring(self, project: str) -> Iterator[Job]:
        """How far the scoring by each reward model is."""
        return map(Job.of, self._pages("scoring/", project=project))

    def start_scoring(self, project: str) -> Job:
        """By the reward model in charge.

        Raises:
            ConflictError: none is.
        """
        return Job.of(self._post("scoring/", json={"project": project}))

    def disagreements(
        self, project: str | None = None, **filters: str | int
    ) -> Iterator[DisagreementRow]:
        """Open ones, unless ``state`` says otherwise. ``filters``: step, state, human, rm,
        query_type, split, q."""
        return self._pages("disagreements/", project=project, **filters)

    def decide_disagreement(self, id: int, decision: str) -> DisagreementRow:
        """``decision``: requeue, human_right, rm_right or guideline_gap."""
        body = {"decision": decision}
        row: DisagreementRow = self._post(f"disagreements/{id}/decide/", json=body)
        return row

    def decide_disagreements(
        self, decision: str, *, expected: int | None = None, **filters: str | int
    ) -> BulkDecision:
        """All open ones that match, in the background. ``expected``: how many you saw.

        Raises:
            ConflictError: it is another number by now.
        """
        body = {**filters, "decision": decision, "expected": expected}
        row: BulkDecision = self._post("disagreements/bulk/", json=body)
        return row

    def bulk_decisions(self) -> list[BulkDecision]:
        """The newest, and how far they are."""
        rows: list[BulkDecision] = self._get("disagreements/bulk/")
        return rows

    def influence(self, project: str) -> Influence:
        """How much of the newest release hangs on each person's labels."""
        row: Influence = self._get("influence/", project=project)
        return row

    def influence_on_run(self, run: int, person: str) -> InfluenceOnRun:
        """What a run would have been taught without this person's labels."""
        row: InfluenceOnRun = self._get("influence/run/", run=run, person=person)
        return row
