"""What an import did, and its refusal. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from annotation.cot.errors import Invalid
from annotation.cot.storable import storable

KEPT_ERRORS = 100
_LONGEST = 1000  # characters of a message, which may name what is in the file


@dataclass(slots=True)
class ImportReport:
    """What an import did. ``existing`` counts pairs that were there before or repeat in the
    file; ``errors`` and ``notices`` are the first hundred as (line, message). A notice is what
    was imported otherwise than it was written. ``unknown``: the columns that nobody reads.
    ``counts``: what else was stored, by what it is. ``failure``: why it is no success although
    what was good is kept."""

    read: int = 0
    created: int = 0
    existing: int = 0
    error_count: int = 0
    errors: list[tuple[int, str]] = field(default_factory=list)
    notice_count: int = 0
    notices: list[tuple[int, str]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    failure: str = ""
    sentence: str = ""

    def count(self, what: str, number: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + number

    def summary(self) -> str:
        """One line."""
        more = [f"{number} {what.replace('_', ' ')}" for what, number in self.counts.items()]
        pairs = (
            f"{self.read} rows read, {self.created} pairs created, "
            f"{self.existing} known already, {self.error_count} bad rows"
        )
        return self.sentence or ", ".join([pairs, *more])

    def refuse(self, line: int, message: str) -> None:
        self.error_count += 1
        if len(self.errors) < KEPT_ERRORS:
            self.errors.append((line, storable(message[:_LONGEST])))

    def notice(self, line: int, message: str) -> None:
        self.notice_count += 1
        if len(self.notices) < KEPT_ERRORS:
            self.notices.append((line, storable(message[:_LONGEST])))


class ImportRefused(Invalid):
    """All or nothing, and something was wrong: nothing was imported."""

    def __init__(self, report: ImportReport) -> None:
        line, message = min(report.errors)
        many = "1 bad row" if report.error_count == 1 else f"{report.error_count} bad rows"
        super().__init__(f"nothing was imported: {many}, the first in line {line}: {message}")
        self.report = report
