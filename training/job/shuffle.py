"""An order, and a split, that any process repeats."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def shuffle_key(seed: int, name: str) -> bytes:
    """Sorting by this is a shuffle that any process repeats."""
    return hashlib.sha256(f"{seed}\0{name}".encode()).digest()


def place(name: str, purpose: str) -> float:
    """A number in [0, 1) that a name always has for a purpose: below a share it is apart."""
    digest = hashlib.sha256(f"{purpose}\0{name}".encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32


def kept_apart(
    rows: Iterable[T], name_of: Callable[[T], str], purpose: str, share: float
) -> tuple[list[T], list[T]]:
    """(the rest, kept apart): all rows of a name fall on one side, and a rerun splits alike."""
    rest: list[T] = []
    apart: list[T] = []
    for row in rows:
        (apart if place(name_of(row), purpose) < share else rest).append(row)
    return rest, apart
