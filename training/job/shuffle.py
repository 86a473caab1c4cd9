"""An order that any process repeats."""

from __future__ import annotations

import hashlib


def shuffle_key(seed: int, name: str) -> bytes:
    """Sorting by this is a shuffle that any process repeats."""
    return hashlib.sha256(f"{seed}\0{name}".encode()).digest()
