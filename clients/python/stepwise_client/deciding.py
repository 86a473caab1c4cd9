"""Decide: items, labels, resolutions, splits, and what is taken for true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from stepwise_client.connection import Connection
from stepwise_client.quality_rows import ReleaseRow
from stepwise_client.records import Decision
from stepwise_client.rows import (
    ItemDetailRow,
    ItemRow,
    LabelRow,
    ResolutionRow,
    TruthDetailRow,
    TruthRow,
)


class Deciding(Connection):
    def items(
        self, project: str, *, state: str | None = None, reason: str | None = None
    ) -> Iterator[ItemRow]:
        """``state``: open, labelled, split, resolved, dropped or gold."""
        return self._pages("items/", project=project, state=state, reason=reason)

    def item(self, id: int) -> ItemDetailRow:
        """With its labels and decisions."""
        row: ItemDetailRow = self._get(f"items/{id}/")
        return row

    def labels(self, project: str, after: int = 0) -> Iterator[LabelRow]:
        return self._pages("labels/", project=project, after=after)

    def resolutions(self, project: str, after: int = 0) -> Iterator[ResolutionRow]:
        return self._pages("resolutions/", project=project, after=after)

    def adjudicate(
        self, item: int, decisions: Sequence[Decision], *, cause: str = "", comment: str = ""
    ) -> list[ResolutionRow]:
        """A lead's word on the steps of a split item."""
        body: dict[str, object] = {"decisions": [asdict(each) for each in decisions]}
        body |= {"comment": comment} | ({"cause": cause} if cause else {})
        rows: list[ResolutionRow] = self._post(f"items/{item}/adjudicate/", json=body)
        return rows

    def reopen(self, item: int, reason: str) -> ItemRow:
        return self._about_item(item, "reopen", {"reason": reason})

    def drop(self, item: int, reason: str) -> ItemRow:
        return self._about_item(item, "drop", {"reason": reason})

    def reserve(self, item: int, people: Sequence[str]) -> ItemRow:
        """Only these people, by user name, are given the item; () gives it to everybody."""
        return self._about_item(item, "reserve", {"people": list(people)})

    def truths(
        self, project: str, *, kind: int | None = None, withdrawn: bool = False
    ) -> Iterator[TruthRow]:
        """What is taken for true now, or what was withdrawn."""
        return self._pages("truths/", project=project, kind=kind, withdrawn=withdrawn)

    def truth(self, id: int) -> TruthDetailRow:
        """With the rollouts that it judged, and the releases that hold it."""
        row: TruthDetailRow = self._get(f"truths/{id}/")
        return row

    def withdraw_truth(self, id: int, reason: str) -> TruthDetailRow:
        """The next release leaves it out."""
        row: TruthDetailRow = self._post(f"truths/{id}/withdraw/", json={"reason": reason})
        return row

    def reopen_truth(self, id: int, rollouts: Sequence[int], reason: str = "audit") -> int:
        """Ask people again about the step in these rollouts; how many items were opened.
        ``reason``: audit or stale."""
        body = {"reason": reason, "rollouts": list(rollouts)}
        return int(self._post(f"truths/{id}/reopen/", json=body)["opened"])

    def releases(self, project: str) -> Iterator[ReleaseRow]:
        return self._pages("releases/", project=project)

    def cut_release(self, project: str) -> ReleaseRow:
        """Freeze what is known now; where nothing changed, the newest one again."""
        row: ReleaseRow = self._post("releases/", json={"project": project}, again=True)
        return row

    def release_truth(self, id: int) -> dict[str, Any]:
        """truth.json of docs/formats.md."""
        whole: dict[str, Any] = self._get(f"releases/{id}/truth/")
        return whole

    def _about_item(self, item: int, action: str, body: dict[str, object]) -> ItemRow:
        row: ItemRow = self._post(f"items/{item}/{action}/", json=body)
        return row
