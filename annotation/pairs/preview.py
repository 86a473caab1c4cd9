"""What the first rows of a file hold, before anybody has said how it is to be read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from annotation.cot.storable import storable
from annotation.models import ImportJob
from annotation.pairs.formats import read_rows
from annotation.pairs.readers.archive import data_files
from annotation.pairs.readers.columns import Columns
from annotation.pairs.readers.cot_mapping import CotRow
from annotation.pairs.readers.cots import PassedOver
from annotation.pairs.readers.fields import LISTS, BadField, clean, text_of
from annotation.pairs.readers.files import records
from annotation.pairs.readers.flat import MAX_PATHS, flat
from annotation.pairs.readers.rows import ImportFileError, Row, RowError
from annotation.pairs.readers.scale import grade_of

SAMPLED_ROWS = 1000
EXAMPLES = 3
MOST_GRADES = 12  # a column with more different values is none of grades
_SAMPLED_CHARACTERS = 2_000_000
_SHOWN = 80
_LOOKED_AT = 1 << 16  # bytes
_HIGH = re.compile(rb"[\x80-\xff]+")
# Beside a larger catalogue nobody waits for the first pairs: it is indexed before the first.
_LARGEST_BESIDE = 32 * 1024 * 1024


@dataclass(slots=True)
class FileColumn:
    """``examples`` are the first different values; ``grades`` all of the sample, where they
    are few enough to be a scale."""

    name: str
    examples: list[str] = field(default_factory=list)
    _values: dict[str, None] = field(default_factory=dict)
    undecoded: bool = False  # a value is not UTF-8

    @property
    def grades(self) -> list[str]:
        return sorted(self._values) if 0 < len(self._values) <= MOST_GRADES else []

    def see(self, value: Any) -> None:
        text = clean(value)
        if not (shown := storable(text)):
            return
        self.undecoded = self.undecoded or shown != text
        if len(self.examples) < EXAMPLES and (shown := _short(shown)) not in self.examples:
            self.examples.append(shown)
        for each in value if isinstance(value, LISTS) else [value]:
            if len(self._values) <= MOST_GRADES:
                with suppress(BadField):
                    self._values[grade_of(text_of(self.name, each))] = None


@dataclass(frozen=True, slots=True)
class FilePreview:
    """``rows`` were read of the file; ``problem`` is why none could be, or why not more."""

    columns: list[FileColumn]
    rows: int
    problem: str = ""

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def undecoded(self) -> bool:
        """Some of it is not in the encoding that it was read as."""
        return any(column.undecoded for column in self.columns)


def file_preview(
    path: Path, rows: int = SAMPLED_ROWS, encoding: str = "", *, spread: bool = False
) -> FilePreview:
    """The columns of a file in its order, with what the first rows have in them; of a folder
    those of its first file. With ``spread`` nested records have their paths as columns."""
    if path.is_dir():
        path = next(iter(data_files(path)), path)
    # That nobody reads any of them is how the names of all become known, without a row too.
    header = Columns(
        known=(), as_attributes=True, widest=True, encoding=encoding, argilla=not spread
    )
    columns: dict[str, FileColumn] = {}
    read, size, problem = 0, 0, ""
    try:
        for line, record in islice(records(path, header), rows):
            if isinstance(record, RowError):
                problem = problem or f"line {line}: {record.message}"
                continue
            read += 1
            size += _see(columns, flat(record) if spread else record)
            if size > _SAMPLED_CHARACTERS:
                break
    except ImportFileError as error:
        problem = error.message
    for name in () if spread and columns else header.unknown:
        columns.setdefault(name, _column(name))
    shown = [column for column in columns.values() if column.examples or not spread]
    return FilePreview(shown[:MAX_PATHS], read, storable(problem))


def first_rows(job: ImportJob, options: Mapping[str, Any], most: int = 3) -> list[Row | CotRow]:
    """The first rows as they would be imported; none where finding them takes long.

    Raises:
        ImportFileError: they cannot be read like that.
    """
    files: dict[str, Any] = {option: Path(path) for option, path in job.files.items()}
    if sum(path.stat().st_size for path in files.values() if path.exists()) > _LARGEST_BESIDE:
        return []
    rows = islice(read_rows(Path(job.path), job.adapter, **files | dict(options)), SAMPLED_ROWS)
    return list(islice((row for row in rows if not isinstance(row, PassedOver)), most))


def _see(columns: dict[str, FileColumn], record: Mapping[str, Any]) -> int:
    for name, value in record.items():
        columns.setdefault(name, _column(name)).see(value)
    return sum(len(value) for value in record.values() if isinstance(value, str))


def _column(name: str) -> FileColumn:
    return FileColumn(storable(name), undecoded=storable(name) != name)


def encoding_guess(path: Path) -> str:
    """Of a text that is not UTF-8; "" for one that is, but for some bytes. Letters with accents
    stand alone among plain ones; in Chinese nearly every byte is above 127."""
    with path.open("rb") as stream:
        head = stream.read(_LOOKED_AT)
    high = [c for c in head.decode(errors="surrogateescape") if c > "\x7f"]
    if 2 * sum("\udc80" <= c <= "\udcff" for c in high) < len(high):
        return ""
    runs = _HIGH.findall(head)
    long = sum(map(len, runs)) > 2.5 * len(runs)
    return "gb18030" if long else "windows-1252"


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
