"""Amazon's Shopping Queries data set (ESCI): an examples and a products file.

Mapping (docs/importing.md): Exact 4, Substitute 3, Complement 2, Irrelevant 1. The published
``split`` column is kept out: it is by query as well, but has no validation part.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from annotation.importers.files import records
from annotation.importers.lookup import DiskLookup
from annotation.importers.rows import ImportFileError, Row, RowError, Rows, clean, row_of

TIERS = {"E": "4", "S": "3", "C": "2", "I": "1"}
EXAMPLES = "shopping_queries_dataset_examples.parquet"
PRODUCTS = "shopping_queries_dataset_products.parquet"
_TAG = re.compile(r"<[^<>]{1,200}>")


def read_rows(path: Path, products: Path | None = None, locale: str = "") -> Rows:
    """``path`` is the examples file or its folder; ``locale`` ("us", "es", "jp") keeps one."""
    folder = path if path.is_dir() else path.parent
    examples = folder / EXAMPLES if path.is_dir() else path
    products = products or folder / PRODUCTS
    for needed in (examples, products):
        if not needed.is_file():
            raise ImportFileError(f"ESCI: there is no {needed.name}")
    with DiskLookup(_catalogue(products, locale)) as catalogue:
        for line, record in records(examples):
            if isinstance(record, RowError):
                yield record
            elif not locale or clean(record.get("product_locale")) == locale:
                yield _joined(line, record, catalogue)


def _joined(line: int, example: Mapping[str, Any], catalogue: DiskLookup) -> Row:
    label = clean(example.get("esci_label"))[:1].upper()
    if label not in TIERS:
        return RowError(line, f"esci_label '{example.get('esci_label')}' is not E, S, C or I")
    product_id = clean(example.get("product_id"))
    market = clean(example.get("product_locale"))
    product = catalogue.get(f"{market}/{product_id}") or catalogue.get(f"/{product_id}")
    if product is None:
        return RowError(line, f"product {product_id} ({market}) is not in the product file")
    attributes = [("brand", product.get("brand")), ("color", product.get("color"))]
    texts = [_plain(product.get(name)) for name in ("description", "bullet_point")]
    return row_of(
        line,
        {
            "query": example.get("query"),
            "product_id": product_id,
            "title": _plain(product.get("title")),
            "attributes": [[n, _plain(v)] for n, v in attributes if clean(v)],
            "description": " ".join(text for text in texts if text),
            "locale": market or "us",
            "tier": TIERS[label],
        },
    )


def _catalogue(path: Path, locale: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for line, record in records(path):
        if isinstance(record, RowError):
            raise ImportFileError(f"{path.name}, line {line}: {record.message}")
        # Some mirrors wrap each product as {"fields": {...}} and drop the product_ prefix.
        fields = record.get("fields")
        flat = fields if isinstance(fields, Mapping) else record
        product = {str(name).removeprefix("product_"): value for name, value in flat.items()}
        market = clean(product.get("locale"))
        if not locale or not market or market == locale:
            yield f"{market}/{clean(product.get('id'))}", product


def _plain(value: Any) -> str:
    """Without markup and entities."""
    return " ".join(html.unescape(_TAG.sub(" ", clean(value))).split())
