"""One query is in one split: nothing of a test query is ever trained on."""

from __future__ import annotations

from collections.abc import Iterator

from annotation.cot.errors import Invalid
from annotation.cot.splits import query_key, split_of_key
from annotation.models import Pair, Project
from annotation.pairs.readers.rows import PairRow


class SplitClash(ValueError):
    """The message is for the person who made the file."""


class QuerySplits:
    """The splits of one import. What is stored stays; a new query is in the split that its
    first row names, else in that of its hash.

    A project whose splits all follow the hash, as most do, needs no look at what is stored.
    """

    def __init__(self, project: Project, for_all: str | None) -> None:
        self._project, self._for_all = project, for_all or ""
        self._named: dict[int, str] = {}  # by query key; only what some row named
        self._moved: dict[int, int] = {}  # against the hash, with the first line
        # As it is now, inside the import's lock: the caller's project may be an hour old.
        if Project.objects.filter(pk=project.pk, own_splits=True).exists():
            for key, _, split in _stored(project):
                if split != split_of_key(key):
                    self._named[key] = split

    def split(self, row: PairRow) -> str:
        """
        Raises:
            SplitClash: the row names another one than the query is in.
        """
        key, wanted = query_key(row.query), self._for_all or row.split
        known = self._named.get(key) if self._named else None
        if not wanted:
            return known or split_of_key(key)
        if known is not None and wanted != known:
            raise SplitClash(
                f"split '{wanted}', but the query '{row.query[:60]}' is in {known} already; "
                "all rows of a query, however it is spelled, are in one split"
            )
        self._named[key] = wanted
        if wanted != split_of_key(key):
            self._moved.setdefault(key, row.line)
        return wanted

    def check(self) -> None:
        """After the last row, in the same transaction.

        Raises:
            Invalid: a row named a split, and rows before it or stored ones are in that of the
                query's hash.
        """
        if not self._moved:
            return
        for key, query, split in _stored(self._project):
            if key in self._moved and split != self._named[key]:
                raise Invalid(
                    f"nothing was imported: line {self._moved[key]} puts the query "
                    f"'{query[:60]}' into {self._named[key]}, but it is in {split} already; "
                    "give all rows of a query the same split"
                )
        Project.objects.filter(pk=self._project.pk).update(own_splits=True)


def _stored(project: Project) -> Iterator[tuple[int, str, str]]:
    pairs = Pair.objects.filter(project=project).order_by().values_list("query", "split")
    for query, split in pairs.distinct().iterator():
        yield query_key(query), query, split
