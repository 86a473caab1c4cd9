"""The pair record of docs/formats.md, from database rows."""

from __future__ import annotations

from typing import Any

from annotation.models import Pair
from training.job.prompts import PairText


def pair_record(pair: Pair) -> dict[str, Any]:
    """One JSON object a pair; ``pair.product`` should be loaded. A repeated attribute name
    keeps all its values, joined by ", ". ``context`` goes into the hashes of its steps."""
    product = pair.product
    return {
        "pair_id": str(pair.pk),
        "context": pair.content_hash,
        "query": pair.query,
        "query_type": pair.query_type,
        "locale": pair.locale,
        "title": product.title,
        "category_path": product.category_path,
        "attributes": _attributes(product.attributes),
        "description": product.description,
        "split": pair.split,
    }


def pair_text(pair: Pair) -> PairText:
    """What a model may see of the pair."""
    product = pair.product
    return PairText(
        query=pair.query,
        title=product.title,
        category_path=product.category_path,
        attributes=_attributes(product.attributes),
        description=product.description,
    )


def _attributes(rows: list[list[str]]) -> dict[str, str]:
    merged: dict[str, str] = {}
    for name, value in rows:
        merged[name] = f"{merged[name]}, {value}" if name in merged else str(value)
    return merged
