"""Pairs and their products into their tables by COPY, a batch at a time.

COPY writes many rows at once where INSERT writes one, but it knows no ON CONFLICT: so what is
there already is looked up and left out, and one import of a project waits for the other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone

from annotation.models import Project

_LOCK_SPACE = 738_205

_PRODUCT = (
    "external_id", "content_hash", "title", "category_path", "attributes", "description",
    "image_url",
)  # fmt: skip
_PAIR = ("content_hash", "query", "query_type", "locale", "split", "gold", "silver")

_KNOWN_PAIRS = """
SELECT content_hash FROM annotation_pair
WHERE project_id = %s AND content_hash = ANY(string_to_array(%s, ','))
"""
_KNOWN_PRODUCTS = """
SELECT p.external_id, p.content_hash, p.id
FROM unnest(ARRAY(SELECT json_array_elements_text(%s)), string_to_array(%s, ','))
    AS wanted (external_id, content_hash)
JOIN annotation_product p ON p.project_id = %s AND p.external_id = wanted.external_id
    AND p.content_hash = wanted.content_hash
"""
_NEW_IDS = """
SELECT nextval((SELECT pg_get_serial_sequence('annotation_product', 'id'))::regclass)
FROM generate_series(1, %s)
"""


class ReadyPair(NamedTuple):
    """Values in the order of ``_PRODUCT`` and ``_PAIR``, JSON as text."""

    product: tuple[str, ...]
    pair: tuple[str, ...]

    @property
    def key(self) -> tuple[str, str]:
        """Of the product."""
        return self.product[0], self.product[1]


class PairCopy:
    """Inside one transaction, from the first batch to the last."""

    def __init__(self, project: Project, source: str) -> None:
        self._project, self._about = project.pk, (source[:200], timezone.now())
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_SPACE, project.pk])

    def write(self, batch: Sequence[ReadyPair]) -> int:
        """How many of them are new; of equal ones the first counts."""
        pairs = self._unknown(batch)
        ids = self._product_ids(pairs)
        rows = ((self._project, ids[ready.key], *self._about, *ready.pair) for ready in pairs)
        of_pair = ("project_id", "product_id", "source", "created_at", *_PAIR)
        _copy("annotation_pair", of_pair, rows)
        # Foreign keys now and not all at the end: their queue would grow with the file.
        connection.check_constraints()
        return len(pairs)

    def _unknown(self, batch: Sequence[ReadyPair]) -> list[ReadyPair]:
        found: dict[str, ReadyPair] = {}
        for ready in batch:
            found.setdefault(ready.pair[0], ready)
        with connection.cursor() as cursor:
            cursor.execute(_KNOWN_PAIRS, [self._project, ",".join(found)])
            for (known,) in cursor.fetchall():
                del found[known]
        return list(found.values())

    def _product_ids(self, pairs: Sequence[ReadyPair]) -> dict[tuple[str, str], int]:
        """Product key -> id of each; those that are not there are made."""
        wanted: dict[tuple[str, str], ReadyPair] = {}
        for ready in pairs:
            wanted.setdefault(ready.key, ready)
        with connection.cursor() as cursor:
            names = json.dumps([name for name, _ in wanted])
            hashes = ",".join([sum_ for _, sum_ in wanted])
            cursor.execute(_KNOWN_PRODUCTS, [names, hashes, self._project])
            ids = {(name, sum_): number for name, sum_, number in cursor.fetchall()}
            new = [key for key in wanted if key not in ids]
            cursor.execute(_NEW_IDS, [len(new)])
            made = {key: number for key, (number,) in zip(new, cursor.fetchall(), strict=True)}
        rows = ((made[key], self._project, *wanted[key].product) for key in new)
        _copy("annotation_product", ("id", "project_id", *_PRODUCT), rows)
        return ids | made


def _copy(table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)
