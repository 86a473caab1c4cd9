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


class DiskLookup:
    """A temporary key -> record table; use as a context manager."""

    def __init__(self, rows: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="stepwise-import-")
        self._db = sqlite3.connect(Path(self._folder.name) / "rows.sqlite")
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("CREATE TABLE rows (key TEXT PRIMARY KEY, record TEXT) WITHOUT ROWID")
        self._db.executemany(
            "INSERT OR REPLACE INTO rows VALUES (?, ?)",
            ((_key(key), json.dumps(record, default=str)) for key, record in rows),
        )

    def get(self, key: str) -> dict[str, Any] | None:
        query = "SELECT record FROM rows WHERE key = ?"
        found = self._db.execute(query, [_key(key)]).fetchone()
        return json.loads(found[0]) if found else None

    def __enter__(self) -> DiskLookup:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._db.close()
        self._folder.cleanup()


def _key(text: str) -> str:
    # Undecodable bytes arrive as lone surrogates, which SQLite cannot hold.
    return text.encode(errors="replace").decode()
