"""Pairs and their products into their tables by COPY, a batch at a time.

COPY writes many rows at once where INSERT writes one, but it knows no ON CONFLICT: so what is
there already is looked up and left out, and one import of a project waits for the other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

from django.db import connection
from django.utils import timezone

from annotation.copy_text import copy_line
from annotation.models import Project

K = TypeVar("K")
V = TypeVar("V")
Key = tuple[str, str]  # of a product: the file's id, the hash of its facts

_LOCK_SPACE = 738_205

_PRODUCT = (
    "external_id", "content_hash", "title", "category_path", "attributes", "description",
    "image_url",
)  # fmt: skip
_PAIR = ("content_hash", "query", "query_type", "locale", "split", "gold", "silver")
_ABOUT = ("project_id", "source", "created_at")

# A scalar subquery is looked up in the unique index row by row. A join would leave the planner
# free to read all of a table that has grown since its statistics were made.
_PRODUCTS = """
SELECT known, CASE WHEN known IS NULL
    THEN nextval((SELECT pg_get_serial_sequence('annotation_product', 'id'))::regclass) END
FROM (
    SELECT (SELECT id FROM annotation_product WHERE project_id = %s
            AND external_id = name AND content_hash = hash) AS known
    FROM unnest(ARRAY(SELECT json_array_elements_text(%s)), string_to_array(%s, ','))
        AS wanted (name, hash)
    OFFSET 0
) looked_up
"""
_KNOWN_PAIRS = """
SELECT hash FROM unnest(string_to_array(%s, ',')) AS hash
WHERE (SELECT true FROM annotation_pair WHERE project_id = %s AND content_hash = hash)
"""


class ReadyPair(NamedTuple):
    """``product`` and ``pair`` are lines of COPY without the ids."""

    key: Key
    product: str
    hash: str
    pair: str


def ready_pair(product: Sequence[str], pair: Sequence[str]) -> ReadyPair:
    """Values in the order of ``_PRODUCT`` and ``_PAIR``, JSON as text."""
    return ReadyPair((product[0], product[1]), copy_line(product), pair[0], copy_line(pair))


class PairCopy:
    """Inside one transaction, from the first batch to the last."""

    def __init__(self, project: Project, source: str) -> None:
        self._project = project.pk
        about = (str(project.pk), source[:200], timezone.now().isoformat())
        self._about = copy_line(about)[:-1] + "\t"
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_SPACE, project.pk])

    def write(self, batch: Sequence[ReadyPair]) -> int:
        """How many of them are new; of equal ones the first counts."""
        first = _firsts((ready.key, ready.product) for ready in batch)
        known, made = self._products(first)
        lines = [f"{number}\t{self._project}\t{first[key]}" for key, number in made.items()]
        _copy("annotation_product", ("id", "project_id", *_PRODUCT), lines)
        wanted = _firsts((ready.hash, ready) for ready in batch)
        for found in self._known([h for h, ready in wanted.items() if ready.key in known]):
            del wanted[found]
        ids = known | made
        lines = [f"{ids[r.key]}\t{self._about}{r.pair}" for r in wanted.values()]
        _copy("annotation_pair", ("product_id", *_ABOUT, *_PAIR), lines)
        return len(wanted)

    def _products(self, wanted: Iterable[Key]) -> tuple[dict[Key, int], dict[Key, int]]:
        """The ids of those that are there, and ids for those that are to be made."""
        keys = list(wanted)
        names = json.dumps([name for name, _ in keys])
        hashes = ",".join([sum_ for _, sum_ in keys])
        known, made = {}, {}
        with connection.cursor() as cursor:
            cursor.execute(_PRODUCTS, [self._project, names, hashes])
            for key, (there, new) in zip(keys, cursor.fetchall(), strict=True):
                if there is None:
                    made[key] = new
                else:
                    known[key] = there
        return known, made

    def _known(self, hashes: Sequence[str]) -> list[str]:
        """Those of a product that is new are new."""
        if not hashes:
            return []
        with connection.cursor() as cursor:
            cursor.execute(_KNOWN_PAIRS, [",".join(hashes), self._project])
            return [found for (found,) in cursor.fetchall()]


def _firsts(items: Iterable[tuple[K, V]]) -> dict[K, V]:
    """Of items with one key the first; dict() would keep the last."""
    found: dict[K, V] = {}
    for key, value in items:
        found.setdefault(key, value)
    return found


def _copy(table: str, columns: Sequence[str], lines: Sequence[str]) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy,
    ):
        copy.write("".join(lines))
