"""Pairs and their products by way of a temporary table, a batch at a time.

COPY fills it, two INSERTs with ON CONFLICT take from it what is new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone

from annotation.cot.locks import LOCK, Lock
from annotation.cot.sql import statement
from annotation.models import Pair, Project

_sql = partial(statement, __file__)
_TABLE = _sql("staged_table")
_PRODUCTS = _sql("products_insert")
_PAIRS = _sql("pairs_insert")
_DIFFERING = _sql("gold_differing")


class StagedPair(NamedTuple):
    """A row of the table, JSON as text."""

    line: int
    external_id: str
    product_hash: str
    title: str
    category_path: str
    attributes: str
    description: str
    image_url: str
    pair_hash: str
    query: str
    query_type: str
    locale: str
    split: str
    gold: str
    silver: str


_COLUMNS = StagedPair._fields
_TYPES = ["int8", *["text"] * (len(_COLUMNS) - 1)]
_COPY = f"COPY staged_pair ({', '.join(_COLUMNS)}) FROM STDIN (FORMAT binary)"


@dataclass(frozen=True, slots=True)
class KnownPair:
    """A row with gold values that its pair had not when the batch was written. ``stored`` are
    the pair's, one dict for all its rows."""

    line: int
    id: int
    gold: dict[str, str]
    stored: dict[str, str]
    here: bool  # stored by this import


class Staged:
    """Inside one transaction, from the first batch to the last; one import of a project waits
    for the other."""

    def __init__(self, project: Project, source: str) -> None:
        self._about: dict[str, Any] = {
            "project": project.pk,
            "source": source[:200],
            "now": timezone.now(),
        }
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {LOCK}", [Lock.IMPORT, project.pk])
            cursor.execute(_TABLE)

    def write(self, batch: Sequence[StagedPair]) -> int:
        """How many of them are new; of equal ones the first counts."""
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE staged_pair")
            with cursor.copy(_COPY) as copy:
                copy.set_types(_TYPES)
                for row in batch:
                    copy.write_row(row)
            cursor.execute(_PRODUCTS, self._about)
            cursor.execute(_PAIRS, self._about)
            created: int = cursor.rowcount
        # Not all at the end: the queue of what is to be checked would grow with the file.
        connection.check_constraints()
        return created

    def differing(self) -> list[KnownPair]:
        """Rows of the last batch whose gold values are not all in their pair, by line."""
        with connection.cursor() as cursor:
            cursor.execute(_DIFFERING, self._about)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        stored: dict[int, dict[str, str]] = {}
        return [
            KnownPair(line, id_, gold, stored.setdefault(id_, of_pair), here)
            for line, id_, gold, of_pair, here in rows
        ]


def gold_add(pair: KnownPair) -> None:
    """What the row says beside what is stored; nobody has read the pair yet."""
    pair.stored.update(pair.gold)
    Pair.objects.filter(pk=pair.id).update(gold=pair.stored)
