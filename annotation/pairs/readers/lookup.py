"""Products by key, on disk: a join with two million products needs no memory.

The file is a throw-away index (the standard library's SQLite), not a second database.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from annotation.cot.sql import statement
from annotation.pairs.readers.rows import ImportFileError

_TABLE, _ADD, _GET, _CLASHES = (
    statement(__file__, f"lookup_{name}") for name in ("table", "add", "get", "clashes")
)


class DiskLookup:
    """A temporary key -> record table of the file ``name``; use as a context manager.

    Raises:
        ImportFileError: a key has two different records, and which one is meant is not known.
    """

    def __init__(self, rows: Iterable[tuple[str, Mapping[str, Any]]], name: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="stepwise-import-")
        self._db = sqlite3.connect(Path(self._folder.name) / "rows.sqlite")
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute(_TABLE)
        try:
            lines = (
                {"key": _key(key), "record": json.dumps(record, default=str)}
                for key, record in rows
            )
            self._db.executemany(_ADD, lines)
            self._refuse_clashes(name)
        except BaseException:
            self._close()
            raise

    def get(self, key: str) -> dict[str, Any] | None:
        row = self._db.execute(_GET, {"key": _key(key)}).fetchone()
        return json.loads(row[0]) if row else None

    def __enter__(self) -> DiskLookup:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def _close(self) -> None:
        self._db.close()
        self._folder.cleanup()

    def _refuse_clashes(self, name: str) -> None:
        twice = self._db.execute(_CLASHES).fetchall()
        if twice:
            keys = ", ".join(key for (key,) in twice[:3]) + (", ..." if len(twice) > 3 else "")
            raise ImportFileError(
                f"{name}: the id {keys} is there twice with different facts; keep one of them"
            )


def _key(text: str) -> str:
    # Undecodable bytes arrive as lone surrogates, which SQLite cannot hold.
    return text.encode(errors="replace").decode()
