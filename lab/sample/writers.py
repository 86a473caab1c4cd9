"""The sample as files and as the truth that simulated people hold."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from annotation.cot.splits import SPLITS, Split
from annotation.cot.steps import StepKind
from lab.sample.generate import GeneratedShop, SamplePair
from lab.sample.pictures import picture_address
from lab.simulate.judge import HeldTruth


def pair_row(pair: SamplePair, *, with_truth: bool) -> dict[str, Any]:
    """One pair record (docs/formats.md); with the three gold columns when ``with_truth``."""
    product = pair.product
    row: dict[str, Any] = {
        "query": pair.query.text,
        "query_type": pair.query.query_type,
        "locale": pair.query.locale,
        "product_id": product.product_id,
        "title": product.title,
        "category_path": product.category_path,
        "attributes": product.shown,
        "description": product.description,
        "image_url": picture_address(product),
        "split": pair.split,
    }
    if with_truth:
        row["category_match"] = pair.truth.category
        row["attribute_match"] = pair.truth.attribute
        row["tier"] = pair.truth.tier
    return row


def write_pairs_jsonl(
    sample: GeneratedShop, path: Path, with_truth: Collection[Split] = frozenset()
) -> int:
    """Write all pairs, one JSON object a line; gold columns for the named splits alone.

    Returns:
        the number of rows.

    Raises:
        ValueError: for an unknown split.
    """
    if unknown := sorted(set(with_truth) - set(SPLITS)):
        raise ValueError(f"unknown split '{unknown[0]}'")
    with path.open("w", encoding="utf-8") as file:
        for pair in sample.pairs:
            row = pair_row(pair, with_truth=pair.split in with_truth)
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return len(sample.pairs)


def held_truth(sample: GeneratedShop) -> dict[tuple[str, str], HeldTruth]:
    """(query text, product id) -> true values of steps 3-5, reference bodies of steps 1-2."""
    return {(p.query.text, p.product.product_id): _held(p) for p in sample.pairs}


def _held(pair: SamplePair) -> HeldTruth:
    bodies, truth = pair.bodies, pair.truth
    return HeldTruth(
        values={
            StepKind.CATEGORY: truth.category,
            StepKind.ATTRIBUTE: truth.attribute,
            StepKind.FINAL: truth.tier,
        },
        bodies={kind: bodies[kind] for kind in (StepKind.QUERY, StepKind.ITEM)},
    )
