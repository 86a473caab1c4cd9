"""Which split a query belongs to. Pure; importers and the sample share it."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import Literal

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")

# Upper bounds in percent: 65 % train, 10 % val, 25 % test.
_TRAIN_BELOW, _VAL_BELOW = 65, 75


def normal_query(query: str) -> str:
    """What people take for the same query: compatibility forms (NFKC), case and blanks are
    folded; what nobody sees (zero width, byte order mark, soft hyphen) is left out."""
    if query.isascii():
        return " ".join(query.lower().split())
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", query).casefold())
    seen = "".join([c for c in folded if unicodedata.category(c) != "Cf"])
    return " ".join(unicodedata.normalize("NFKC", seen).split())


def split_of(query: str) -> Split:
    """The split of a query, from the sha256 of its normal form: no query is in two splits."""
    return split_of_key(query_key(query))


def split_of_key(key: int) -> Split:
    bucket = key % 100
    if bucket < _TRAIN_BELOW:
        return "train"
    return "val" if bucket < _VAL_BELOW else "test"


def query_key(query: str) -> int:
    """64 bits of the sha256 of its normal form."""
    digest = hashlib.sha256(normal_query(query).encode()).digest()
    return int.from_bytes(digest[:8], "big")
