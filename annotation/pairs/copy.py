"""Pairs and their products into their tables by COPY, a batch at a time.

COPY writes many rows at once where INSERT writes one, but it knows no ON CONFLICT: so what is
there already is looked up and left out, and one import of a project waits for the other.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection
from django.utils import timezone
from psycopg.errors import UniqueViolation

from annotation.cot.locks import LOCK, Lock
from annotation.models import Project
from annotation.pairs.copy_text import copy_line

Key = tuple[str, str]  # of a product: the file's id, the hash of its facts

_PRODUCT = (
    "external_id", "content_hash", "title", "category_path", "attributes", "description",
    "image_url",
)  # fmt: skip
_PAIR = ("content_hash", "query", "query_type", "locale", "split", "gold", "silver")
_ABOUT = ("project_id", "source", "created_at")

# A scalar subquery is looked up in the unique index row by row. A join would leave the planner
# free to read all of a table that has grown since its statistics were made. One text of all
# numbers is sent and read in a fraction of the time of so many rows. What a batch starts with
# takes one trip to the database.
_NEW_IDS = """
RELEASE SAVEPOINT batch; SAVEPOINT batch;
SELECT string_agg(nextval(sequence)::text, ',') FROM generate_series(1, %s),
    (SELECT pg_get_serial_sequence('annotation_product', 'id')::regclass OFFSET 0) s (sequence)
"""
_KNOWN_PRODUCTS = """
SELECT string_agg(coalesce(known::text, ''), ',' ORDER BY place) FROM (
    SELECT place, (SELECT id FROM annotation_product WHERE project_id = %s
                   AND external_id = name AND content_hash = hash) AS known
    FROM unnest(ARRAY(SELECT json_array_elements_text(%s)), string_to_array(%s, ','))
        WITH ORDINALITY AS wanted (name, hash, place)
    OFFSET 0
) looked_up
"""
_KNOWN_PAIRS = """
SELECT string_agg(hash, ',') FROM unnest(string_to_array(%s, ',')) AS hash
WHERE (SELECT true FROM annotation_pair WHERE project_id = %s AND content_hash = hash)
"""


_STORED_GOLD = """
SELECT content_hash, id, gold::text, created_at = %s FROM annotation_pair
WHERE project_id = %s AND content_hash = ANY(%s)
"""
_ADD_GOLD = "UPDATE annotation_pair SET gold = %s::jsonb || gold WHERE id = %s"


class ReadyPair(NamedTuple):
    """``product`` and ``pair`` are lines of COPY without the ids."""

    line: int
    key: Key
    product: str
    hash: str
    gold: str
    pair: str


class KnownPair(NamedTuple):
    """A row with gold values that are not those of its pair, which was there."""

    line: int
    id: int
    gold: dict[str, str]
    stored: dict[str, str]
    here: bool  # stored by this import


def ready_pair(line: int, product: Sequence[str], pair: Sequence[str]) -> ReadyPair:
    """Values in the order of ``_PRODUCT`` and ``_PAIR``, JSON as text."""
    key, hash_, gold = (product[0], product[1]), pair[0], pair[5]
    return ReadyPair(line, key, copy_line(product), hash_, gold, copy_line(pair))


class PairCopy:
    """Inside one transaction, from the first batch to the last.

    Most files are new from end to end. So a batch is written as new, and what is there is
    looked up only when that failed, and from then on until a batch is new again.
    """

    def __init__(self, project: Project, source: str) -> None:
        self._project, self._now = project.pk, timezone.now()
        about = (str(project.pk), source[:200], self._now.isoformat())
        self._about = copy_line(about)[:-1] + "\t"
        self._expect_new = True
        self.differing: list[KnownPair] = []  # of the last batch
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {LOCK}", [Lock.IMPORT, project.pk])
            cursor.execute("SAVEPOINT batch")

    def write(self, batch: Sequence[ReadyPair]) -> int:
        """How many of them are new; of equal ones the first counts, and ``differing`` has
        those that come with other gold values than the one that is there."""
        products: dict[Key, str] = {}
        pairs: dict[str, ReadyPair] = {}
        again: list[ReadyPair] = []
        for ready in batch:
            products.setdefault(ready.key, ready.product)
            if pairs.setdefault(ready.hash, ready) is not ready:
                again.append(ready)
        if not self._expect_new or not self._write_new(products, pairs):
            known = self._known_products(list(products))
            for found in self._known_pairs([p.hash for p in pairs.values() if p.key in known]):
                again.append(pairs.pop(found))
            self._insert(products, known, pairs)
            self._expect_new = not known
        self.differing = self._differing([ready for ready in again if ready.gold != "{}"])
        return len(pairs)

    def add_gold(self, pair: KnownPair) -> None:
        """To a pair of this import, which nobody has read yet."""
        with connection.cursor() as cursor:
            cursor.execute(_ADD_GOLD, [json.dumps(pair.gold), pair.id])

    def _differing(self, again: list[ReadyPair]) -> list[KnownPair]:
        if not again:
            return []
        with connection.cursor() as cursor:
            hashes = [ready.hash for ready in again]
            cursor.execute(_STORED_GOLD, [self._now, self._project, hashes])
            stored = {
                hash_: (id_, json.loads(gold), here)
                for hash_, id_, gold, here in cursor.fetchall()
            }
        differing = []
        for ready in sorted(again):
            id_, gold, here = stored[ready.hash]
            known = KnownPair(ready.line, id_, json.loads(ready.gold), gold, here)
            if not known.gold.items() <= gold.items():
                differing.append(known)
        return differing

    def _write_new(self, products: dict[Key, str], pairs: dict[str, ReadyPair]) -> bool:
        """False, and nothing written, if any of them was there."""
        try:
            self._insert(products, {}, pairs)
        except UniqueViolation:  # as psycopg has it: Django does not translate what COPY raises
            with connection.cursor() as cursor:
                cursor.execute("ROLLBACK TO SAVEPOINT batch")
            return False
        return True

    def _insert(
        self, products: dict[Key, str], known: dict[Key, str], pairs: dict[str, ReadyPair]
    ) -> None:
        wanted = [key for key in products if key not in known]
        made = dict(zip(wanted, _listed(_NEW_IDS, [len(wanted)]), strict=True))
        lines = [f"{number}\t{self._project}\t{products[key]}" for key, number in made.items()]
        _copy("annotation_product", ("id", "project_id", *_PRODUCT), lines)
        ids = known | made
        lines = [f"{ids[pair.key]}\t{self._about}{pair.pair}" for pair in pairs.values()]
        _copy("annotation_pair", ("product_id", *_ABOUT, *_PAIR), lines)

    def _known_products(self, keys: Sequence[Key]) -> dict[Key, str]:
        """The ids of those that are there."""
        names = json.dumps([name for name, _ in keys])
        hashes = ",".join([sum_ for _, sum_ in keys])
        found = _listed(_KNOWN_PRODUCTS, [self._project, names, hashes])
        return {key: number for key, number in zip(keys, found, strict=True) if number}

    def _known_pairs(self, hashes: Sequence[str]) -> list[str]:
        """Those of a product that is new are new."""
        return _listed(_KNOWN_PAIRS, [",".join(hashes), self._project]) if hashes else []


def _listed(query: str, values: Sequence[str | int]) -> list[str]:
    """What the query, the last if it is several, gives as one text with commas; NULL is
    nothing."""
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        while cursor.nextset():
            pass
        (text,) = cursor.fetchone()
    return [] if text is None else text.split(",")


def _copy(table: str, columns: Sequence[str], lines: Sequence[str]) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy,
    ):
        copy.write("".join(lines))
