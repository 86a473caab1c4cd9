"""Amazon's Shopping Queries data set (ESCI): an examples and a products file, or both joined.

Mapping (docs/importing.md): Exact 4, Substitute 3, Complement 2, Irrelevant 1. The published
``split`` column is kept out: it is by query as well, but has no validation part.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from annotation.pairs.readers.fields import clean, text_of, texts_of
from annotation.pairs.readers.files import checked_records, records, right_records, rows_made
from annotation.pairs.readers.lookup import DiskLookup
from annotation.pairs.readers.rows import ImportFileError, Row, RowError, Rows, row_of

TIERS = {"EXACT": "4", "SUBSTITUTE": "3", "COMPLEMENT": "2", "IRRELEVANT": "1"}
EXAMPLES = "shopping_queries_dataset_examples.parquet"
PRODUCTS = "shopping_queries_dataset_products.parquet"
_LABELS = TIERS | {word[0]: tier for word, tier in TIERS.items()}
_TAG = re.compile(r"<[^<>]{1,200}>")


def read_rows(
    path: Path, products: Path | None = None, locale: str = "", encoding: str = ""
) -> Rows:
    """``path`` is the examples file or its folder, or a file (or a folder of Parquet files)
    whose rows have their product already; ``locale`` ("us", "es", "jp") keeps one.

    Raises:
        ImportFileError: a file or a column is missing, or the product file is bad.
    """
    examples = _examples(path)
    if products is None and _is_joined(examples[0]):
        yield from _rows(examples, locale, encoding, _own_product)
        return
    products = products or examples[0].parent / PRODUCTS
    if not products.is_file():
        raise ImportFileError(f"ESCI: there is no {products.name}")
    with DiskLookup(_catalogue(products, locale, encoding), products.name) as catalogue:
        looked_up = partial(_looked_up, catalogue)
        yield from _rows(examples, locale, encoding, looked_up)


def _examples(path: Path) -> list[Path]:
    if not path.is_dir():
        if not path.is_file():
            raise ImportFileError(f"ESCI: there is no {path.name}")
        return [path]
    if (path / EXAMPLES).is_file():
        return [path / EXAMPLES]
    parts = sorted(path.glob("*.parquet"))
    if not parts or not _is_joined(parts[0]):
        raise ImportFileError(f"ESCI: there is no {EXAMPLES}")
    return parts


def _is_joined(path: Path) -> bool:
    first = next((record for _, record in records(path)), None)
    return isinstance(first, Mapping) and "product_title" in first


def _rows(
    files: list[Path],
    locale: str,
    encoding: str,
    product_of: Callable[[Mapping[str, Any]], Mapping[str, Any] | None],
) -> Rows:
    for path in files:
        examples = (
            (line, record)
            for line, record in checked_records(
                path, "query", "product_id", "esci_label", encoding=encoding
            )
            if isinstance(record, RowError) or _of_market(record, locale)
        )
        for row in rows_made(examples, lambda n, each: _joined(n, each, product_of(each))):
            # A line number alone does not say which of several files is meant.
            if len(files) > 1 and isinstance(row, RowError):
                row = RowError(row.line, f"{path.name}: {row.message}")
            yield row


def _of_market(example: Mapping[str, Any], locale: str) -> bool:
    return not locale or clean(example.get("product_locale")) == locale


def _own_product(example: Mapping[str, Any]) -> Mapping[str, Any]:
    return {str(name).removeprefix("product_"): value for name, value in example.items()}


def _looked_up(catalogue: DiskLookup, example: Mapping[str, Any]) -> Mapping[str, Any] | None:
    market, product = clean(example.get("product_locale")), clean(example.get("product_id"))
    return catalogue.get(f"{market}/{product}") or catalogue.get(f"/{product}")


def _joined(line: int, example: Mapping[str, Any], product: Mapping[str, Any] | None) -> Row:
    label, product_id, market = (
        text_of(name, example.get(name))
        for name in ("esci_label", "product_id", "product_locale")
    )
    tier = _LABELS.get(label.upper())
    if tier is None:
        return RowError(line, f"esci_label '{label[:40]}' is not E, S, C or I")
    if product is None:
        return RowError(
            line, f"product {product_id[:40]} ({market[:40]}) is not in the product file"
        )
    attributes = [[name, _plain(name, product)] for name in ("brand", "color")]
    texts = [_plain(name, product) for name in ("description", "bullet_point")]
    return row_of(
        line,
        {
            "query": example.get("query"),
            "product_id": product_id,
            "title": _plain("title", product),
            "attributes": [pair for pair in attributes if all(pair)],
            "description": " ".join(text for text in texts if text),
            "locale": market or "us",
            "tier": tier,
        },
    )


def _catalogue(
    path: Path, locale: str, encoding: str
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    # Some mirrors wrap each product as {"fields": {...}} and drop the product_ prefix.
    needed = ("product_id|id|fields", "product_title|title|fields")
    for _, record in right_records(path, *needed, encoding=encoding):
        fields = record.get("fields")
        flat = fields if isinstance(fields, Mapping) else record
        product = {str(name).removeprefix("product_"): value for name, value in flat.items()}
        market = clean(product.get("locale"))
        if not locale or not market or market == locale:
            yield f"{market}/{clean(product.get('id'))}", product


def _plain(name: str, product: Mapping[str, Any]) -> str:
    """Without markup and entities."""
    text = texts_of(f"the product's {name}", product.get(name))
    return " ".join(html.unescape(_TAG.sub(" ", text)).split())
