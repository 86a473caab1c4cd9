"""Chains of thought that were written elsewhere, from a table or from traces. Pure."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from annotation.pairs.readers.columns import Columns
from annotation.pairs.readers.cot_mapping import CotRow, own_columns, parse_cot_mapping
from annotation.pairs.readers.fields import BadField
from annotation.pairs.readers.files import folder_records
from annotation.pairs.readers.flat import flat
from annotation.pairs.readers.rows import RowError


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A record that has no part of a chain of thought, such as a tool's call in a trace."""

    line: int


CotLine = CotRow | PassedOver | RowError


def read_rows(
    path: Path, parts: str | None = None, encoding: str = ""
) -> Generator[CotLine, None, None]:
    """Every record of a file, or of a folder of such. ``parts`` says which path is what
    (:mod:`annotation.pairs.readers.cot_mapping`); without it they have our own names.

    Raises:
        ImportFileError: see :func:`annotation.pairs.readers.files.folder_records`.
    """
    mapping = None if parts is None else parse_cot_mapping(parts)
    for line, record in folder_records(path, Columns(widest=True, encoding=encoding)):
        if isinstance(record, RowError):
            yield record
            continue
        try:
            paths = flat(record)
            row = (mapping or own_columns(paths)).row(line, paths)
        except BadField as error:
            yield RowError(line, str(error))
        else:
            yield row or PassedOver(line)
