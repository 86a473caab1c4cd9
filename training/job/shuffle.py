"""An order, and a split, that any process repeats."""

from __future__ import annotations

import hashlib


def shuffle_key(seed: int, name: str) -> bytes:
    """Sorting by this is a shuffle that any process repeats."""
    return hashlib.sha256(f"{seed}\0{name}".encode()).digest()


def place(name: str, purpose: str) -> float:
    """A number in [0, 1) that a name always has for a purpose: below a share it is apart."""
    digest = hashlib.sha256(f"{purpose}\0{name}".encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32
