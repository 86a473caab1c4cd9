"""Draws by chance that come out the same each time they are made. Pure."""

from __future__ import annotations

import zlib


def is_drawn(what: str, key: int, percent: int) -> bool:
    """Whether row ``key`` is among the ``percent`` that are drawn for ``what``. A draw for
    something else is another one, and a smaller share is part of a larger one."""
    return zlib.crc32(f"{what}:{key}".encode()) % 100 < percent
