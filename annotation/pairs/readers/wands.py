"""WANDS (Wayfair, ECIR 2022): query.csv, product.csv and label.csv, tab-separated as published.

Mapping (docs/importing.md): Exact -> tier 4, Partial -> 3, Irrelevant -> 1. The set has no
grade for "same area, wrong product", so tier 2 does not occur.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from annotation.pairs.readers.fields import clean, text_of
from annotation.pairs.readers.files import checked_records, right_records, rows_made
from annotation.pairs.readers.lookup import DiskLookup
from annotation.pairs.readers.rows import ImportFileError, Row, RowError, Rows, row_of

TIERS = {"exact": "4", "partial": "3", "irrelevant": "1"}
_FEATURES = ("product_features", "product_features_trimmed")


def read_rows(
    path: Path,
    queries: Path | None = None,
    products: Path | None = None,
    encoding: str = "",
) -> Rows:
    """``path`` is label.csv or its folder; the other two files lie beside it unless given."""
    folder = path if path.is_dir() else path.parent
    labels = folder / "label.csv" if path.is_dir() else path
    queries = queries or folder / "query.csv"
    products = products or folder / "product.csv"
    for needed in (labels, queries, products):
        if not needed.is_file():
            raise ImportFileError(f"WANDS: there is no {needed.name}")
    with (
        DiskLookup(_by_key(queries, encoding, "query_id", "query"), queries.name) as known,
        DiskLookup(
            _by_key(products, encoding, "product_id", "product_name"), products.name
        ) as catalogue,
    ):
        yield from rows_made(
            checked_records(
                labels, "query_id", "product_id", "label", quoted=True, encoding=encoding
            ),
            lambda line, label: _joined(line, label, known, catalogue),
        )


def _joined(
    line: int,
    label: Mapping[str, Any],
    queries: DiskLookup,
    catalogue: DiskLookup,
) -> Row:
    grade, query_id, product_id = (
        text_of(name, label[name]) for name in ("label", "query_id", "product_id")
    )
    query, product = queries.get(query_id), catalogue.get(product_id)
    if grade.lower() not in TIERS:
        return RowError(line, f"label '{grade[:40]}' is not Exact, Partial or Irrelevant")
    if query is None:
        return RowError(line, f"query_id {query_id[:40]} is not in the query file")
    if product is None:
        return RowError(line, f"product_id {product_id[:40]} is not in the product file")
    return row_of(
        line,
        {
            "query": query.get("query"),
            "product_id": product.get("product_id"),
            "title": _plain("product_name", product),
            "category_path": _path(product),
            "attributes": _features(product),
            "description": _plain("product_description", product),
            "tier": TIERS[grade.lower()],
        },
    )


def _plain(name: str, product: Mapping[str, Any]) -> str:
    return html.unescape(text_of(name, product.get(name)))


def _path(product: Mapping[str, Any]) -> str:
    """The hierarchy, or the first class when there is none."""
    hierarchy = clean(product.get("category hierarchy"))
    if not hierarchy:
        return clean(product.get("product_class")).split("|")[0].strip()
    return " > ".join(part.strip() for part in hierarchy.split(" / "))


def _features(product: Mapping[str, Any]) -> list[list[str]]:
    text = next((clean(product[name]) for name in _FEATURES if product.get(name)), "")
    parts = (part.partition(":") for part in text.split("|"))
    return [[name.strip(), value.strip()] for name, colon, value in parts if colon]


def _by_key(
    path: Path, encoding: str, key: str, text: str
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for _, record in right_records(path, key, text, quoted=True, encoding=encoding):
        yield clean(record[key]), record
