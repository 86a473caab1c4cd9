"""For annotators: practice before they begin, and what they are told after a gold item."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from stepwise_client.connection import Connection
from stepwise_client.practice_rows import (
    FeedbackRow,
    OwnDisputeRow,
    PracticeRow,
    PracticeTold,
    TryRow,
)
from stepwise_client.records import Claim, Label


class Practice(Connection):
    def practice(self, project: str) -> list[PracticeRow]:
        """Explained items to practise on; nothing of it is a label."""
        rows: list[PracticeRow] = self._get("practice/", project=project)
        return rows

    def answer_practice(self, id: int, labels: Sequence[Label]) -> PracticeTold:
        """Your verdicts beside the known answers, with a lead's explanation.

        Raises:
            InvalidLabelsError: with what is wrong by step.
            ConflictError: it is not yours to practise on.
        """
        body = {"labels": [asdict(label) for label in labels]}
        row: PracticeTold = self._post(f"practice/{id}/", json=body, again=True)
        return row

    def gold_answered(self, project: str, *, item: int | None = None) -> Iterator[TryRow]:
        """The gold items that you answered. ``item``: of the claim that you submitted."""
        return self._pages("feedback/", project=project, item=item)

    def feedback(self, id: int) -> FeedbackRow:
        """Which steps were wrong, and the known answers once no attempt is left."""
        row: FeedbackRow = self._get(f"feedback/{id}/")
        return row

    def retry_gold(self, id: int) -> Claim:
        """Try once more, with your last answers as the draft.

        Raises:
            ConflictError: nothing was wrong, or no attempt is left.
        """
        return Claim.of(self._post(f"feedback/{id}/retry/"))

    def dispute_gold(self, id: int, reason: str) -> OwnDisputeRow:
        """Say that a known answer is wrong; a lead decides."""
        row: OwnDisputeRow = self._post(f"feedback/{id}/dispute/", json={"reason": reason})
        return row
