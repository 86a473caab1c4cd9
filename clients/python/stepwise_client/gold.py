"""For leads: gold, what people dispute about it, pauses, reviews and flags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stepwise_client.connection import Connection
from stepwise_client.quality_rows import DisputeRow, FlagRow, GoldRow, PauseRow, ReviewRow


class Gold(Connection):
    def gold(self, project: str) -> Iterator[GoldRow]:
        return self._pages("gold/", project=project)

    def add_gold(self, rollout: int, answers: Mapping[int, str], *, note: str = "") -> GoldRow:
        """``answers``: step -> true value (3-5) or verdict (1-2); again replaces them."""
        told = {str(kind): answer for kind, answer in answers.items()}
        body = {"rollout": rollout, "answers": told, "note": note}
        row: GoldRow = self._post("gold/", json=body)
        return row

    def gold_from_item(self, item: int, *, note: str = "") -> GoldRow:
        """With what was decided on a resolved item."""
        row: GoldRow = self._post(f"items/{item}/gold/", json={"note": note})
        return row

    def import_gold(self, project: str, *, limit: int = 100) -> int:
        """From pairs that came with true values; how many."""
        body = {"project": project, "limit": limit}
        return int(self._post("gold/import/", json=body)["added"])

    def retire_gold(self, id: int, *, active: bool = False) -> GoldRow:
        """Out of use, or with ``active`` back to it."""
        row: GoldRow = self._post(f"gold/{id}/retire/", json={"active": active})
        return row

    def disputes(self, project: str) -> Iterator[DisputeRow]:
        return self._pages("disputes/", project=project)

    def decide_dispute(
        self, id: int, *, answers: Mapping[int, str] | None = None, note: str = ""
    ) -> DisputeRow:
        """``answers``: the right ones; None upholds the gold."""
        told = None if answers is None else {str(kind): a for kind, a in answers.items()}
        row: DisputeRow = self._post(
            f"disputes/{id}/decide/", json={"answers": told, "note": note}
        )
        return row

    def pauses(self, project: str) -> Iterator[PauseRow]:
        return self._pages("pauses/", project=project)

    def lift_pause(self, id: int, *, note: str = "") -> PauseRow:
        row: PauseRow = self._post(f"pauses/{id}/lift/", json={"note": note})
        return row

    def reviews(self, project: str) -> Iterator[ReviewRow]:
        """Those that are due."""
        return self._pages("reviews/", project=project)

    def accept_review(self, id: int, *, note: str = "") -> ReviewRow:
        """What was decided stands; what should not is reopened by its item."""
        row: ReviewRow = self._post(f"reviews/{id}/accept/", json={"note": note})
        return row

    def flags(self, project: str | None = None) -> Iterator[FlagRow]:
        """Those that no lead has settled."""
        return self._pages("flags/", project=project)

    def settle_flag(self, id: int, answer: str = "") -> FlagRow:
        row: FlagRow = self._post(f"flags/{id}/settle/", json={"answer": answer})
        return row
