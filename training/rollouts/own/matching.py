"""Whose a chain of thought is, by the pair's own key: query and product, never our number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.db.models import QuerySet

from annotation.cot.splits import normal_query
from annotation.cot.steps import folded
from annotation.models import Pair, Project
from annotation.pairs.readers.cot_mapping import CotRow
from annotation.pairs.readers.fields import BadField

_SHOWN = 60


class PairsOfRows:
    """The pairs that some rows may mean, read in two queries."""

    def __init__(self, project: Project, rows: Sequence[CotRow]) -> None:
        self._by_product: dict[str, list[Pair]] = defaultdict(list)
        self._by_query: dict[str, list[Pair]] = defaultdict(list)
        pairs = Pair.objects.filter(project=project)
        products = {row.product_id for row in rows if row.product_id}
        for pair in _read(pairs.filter(product__external_id__in=products)):
            self._by_product[pair.product.external_id].append(pair)
        queries = {row.query for row in rows if row.title}
        for pair in _read(pairs.filter(query__in=queries)):
            self._by_query[pair.query].append(pair)

    def pair(self, row: CotRow) -> tuple[Pair, int]:
        """The pair, and of how many snapshots of its product it is the newest.

        Raises:
            BadField: there is none, or it may be one of several.
        """
        query = normal_query(row.query)
        by_product = self._by_product.get(row.product_id, ())
        meant = [pair for pair in by_product if normal_query(pair.query) == query]
        if not meant and row.title:
            title = folded(row.title)
            by_query = self._by_query.get(row.query, ())
            meant = [pair for pair in by_query if folded(pair.product.title) == title]
        meant = [pair for pair in meant if _fits(pair, row)]
        if not meant:
            raise BadField(_nobody(row))
        _one_check(meant)
        return meant[-1], len(meant)


def _read(pairs: QuerySet[Pair]) -> QuerySet[Pair]:
    return pairs.select_related("product", "project").order_by("pk")


def _fits(pair: Pair, row: CotRow) -> bool:
    return (
        (not row.locale or pair.locale == row.locale)
        and (not row.query_type or pair.query_type == row.query_type)
        and (not row.product_sha256 or pair.product.content_hash == row.product_sha256)
    )


def _one_check(pairs: Sequence[Pair]) -> None:
    for field, values in (
        ("product_id", {pair.product.external_id for pair in pairs}),
        ("locale", {pair.locale for pair in pairs}),
        ("query_type", {pair.query_type for pair in pairs}),
    ):
        if len(values) > 1:
            names = ", ".join(sorted(value or "none" for value in values)[:3])
            raise BadField(f"it may mean several pairs: say the {field}, such as {names}")


def _nobody(row: CotRow) -> str:
    product = f"product_id '{row.product_id[:_SHOWN]}'" if row.product_id else ""
    title = f"title '{row.title[:_SHOWN]}'" if row.title else ""
    more = [
        f"{name} '{value[:_SHOWN]}'"
        for name, value in (
            ("locale", row.locale),
            ("query_type", row.query_type),
            ("product_sha256", row.product_sha256),
        )
        if value
    ]
    about = ", ".join(filter(None, [product, title, *more]))
    return f"the project has no pair of query '{row.query[:_SHOWN]}' and {about}"
