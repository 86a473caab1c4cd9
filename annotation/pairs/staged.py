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
from annotation.models import Pair, PairValues, Project

_sql = partial(statement, __file__)
_TABLE = _sql("staged_table")
_PRODUCTS = _sql("products_insert")
_PAIRS = _sql("pairs_insert")
_DIFFERING = _sql("values_differing")


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


Values = dict[str, str]


@dataclass(frozen=True, slots=True)
class KnownPair:
    """A row with values that its pair had not when the batch was written. ``stored_gold`` and
    ``stored_silver`` are the pair's, one dict for all its rows."""

    line: int
    id: int
    gold: Values
    silver: Values
    stored_gold: Values
    stored_silver: Values
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
        """Rows of the last batch whose values are not all in their pair, by line."""
        with connection.cursor() as cursor:
            cursor.execute(_DIFFERING, self._about)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        stored: dict[int, tuple[Values, Values]] = {}
        return [
            KnownPair(
                line, id_, gold, silver, *stored.setdefault(id_, (of_gold, of_silver)), here
            )
            for line, id_, gold, silver, of_gold, of_silver, here in rows
        ]

    def values_add(self, pair: KnownPair, gold: Values, silver: Values) -> None:
        """What the row says beside what is stored. A pair of this import nobody has read yet;
        readers of an older one get the values as a row of their own."""
        pair.stored_gold.update(gold)
        pair.stored_silver.update(silver)
        Pair.objects.filter(pk=pair.id).update(gold=pair.stored_gold, silver=pair.stored_silver)
        if not pair.here:
            PairValues.objects.create(
                project_id=self._about["project"],
                pair_id=pair.id,
                source=self._about["source"],
                gold=gold,
                silver=silver,
            )
