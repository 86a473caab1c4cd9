"""The columns of a file: which are there, which are needed, and which nobody reads. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from annotation.pairs.readers.rows import ImportFileError

KEPT = 100  # names of unknown columns; an object a line may bring any number


class Columns:
    """What a reader wants of a file. ``unknown`` fills while it is read.

    ``a|b`` is needed by either name, so is a tuple of names. ``known`` None means all. With
    ``as_attributes`` unknown columns become product attributes. ``quoted``: a TSV is known to
    have quotes as CSV has. ``widest``: nobody knows the columns, so the delimiter is the one
    that parts the header most. ``encoding`` is that of a text without a mark, "" for UTF-8.
    ``argilla``: records of Argilla are taken for the table that they are of.
    """

    def __init__(
        self,
        needed: Collection[str | tuple[str, ...]] = (),
        known: Collection[str] | None = None,
        *,
        as_attributes: bool = False,
        quoted: bool = False,
        widest: bool = False,
        encoding: str = "",
        argilla: bool = False,
    ) -> None:
        self._needed = [n if isinstance(n, tuple) else tuple(n.split("|")) for n in needed]
        self.as_attributes, self.quoted = as_attributes, quoted
        self.widest, self.encoding, self.argilla = widest, encoding, argilla
        self.known = None if known is None else frozenset(known)
        self.unknown: dict[str, None] = {}  # in the order of the file

    def header(self, path: Path, header: Sequence[str], more: str = "") -> list[str]:
        """The columns to read, of a file that names them once. An empty name is no column.
        ``more`` is told about a header without the needed ones.

        Raises:
            ImportFileError: a needed column is missing, or one is there twice.
        """
        names = dict.fromkeys(column for column in header if column)
        if twice := [column for column in names if header.count(column) > 1]:
            raise ImportFileError(f"{path.name} has the column {', '.join(twice)[:200]} twice")
        if missing := self.missing(names):
            raise ImportFileError(f"{path.name}: {missing}{more}")
        self.note(names)
        return [c for c in names if self.as_attributes or c not in self.unknown]

    def missing(self, names: Collection[str]) -> str:
        """What is wrong with a record of these columns, "" when all needed ones are there."""
        for either in self._needed:
            if not any(name in names for name in either):
                wanted = ", ".join(" or ".join(each) for each in self._needed)
                return f"needs the columns {wanted}; it has {', '.join(map(str, names))[:300]}"
        return ""

    def note(self, record: Mapping[str, Any]) -> None:
        """Remember what nobody reads of it."""
        if self.known is None or self.known.issuperset(record):
            return
        for column in record:
            if column not in self.known and len(self.unknown) < KEPT:
                self.unknown.setdefault(column)

    def extra(self, record: Mapping[str, Any]) -> list[tuple[str, Any]]:
        """What becomes attributes beside the record's own."""
        if not self.as_attributes or self.known is None:
            return []
        return [(name, value) for name, value in record.items() if name not in self.known]
