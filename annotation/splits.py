"""Which split a query belongs to. Pure; importers and the sample share it."""

from __future__ import annotations

import hashlib
from typing import Literal

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")

# Upper bounds in percent: 65 % train, 10 % val, 25 % test.
_TRAIN_BELOW, _VAL_BELOW = 65, 75


def normal_query(query: str) -> str:
    """Lower case, whitespace collapsed: two spellings of one query share a split."""
    return " ".join(query.lower().split())


def split_of(query: str) -> Split:
    """The split of a query, from the sha256 of its normal form: no query is in two splits."""
    digest = hashlib.sha256(normal_query(query).encode()).digest()
    bucket = int.from_bytes(digest[:8], "big") % 100
    if bucket < _TRAIN_BELOW:
        return "train"
    return "val" if bucket < _VAL_BELOW else "test"
