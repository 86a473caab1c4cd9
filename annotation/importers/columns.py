"""Columns that a file of another tool must have. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from annotation.importers.rows import ImportFileError


def columns_needed(path: Path, record: Mapping[str, Any], *needed: str) -> None:
    """``a|b`` is needed by either name.

    Raises:
        ImportFileError: one is missing; all that are needed and all there are are named.
    """
    if all(any(name in record for name in names.split("|")) for names in needed):
        return
    wanted = ", ".join(names.replace("|", " or ") for names in needed)
    raise ImportFileError(
        f"{path.name}: needs the columns {wanted}; it has {', '.join(map(str, record))[:300]}"
    )
