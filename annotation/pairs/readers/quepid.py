"""Quepid-style judgments (query, docid, rating) with a product JSONL, one object a line.

Which tier a grade is, the caller says (docs/importing.md, ``scale.py``).
A file of individual ratings has columns ``agent_N_rating`` and ``final_rating``; the single
raters are read by :func:`read_ratings`.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotation.pairs.readers.fields import BadField, clean, text_of, texts_of
from annotation.pairs.readers.files import (
    Records,
    checked_records,
    right_records,
    rows_made,
)
from annotation.pairs.readers.lookup import DiskLookup
from annotation.pairs.readers.rows import ImportFileError, Row, RowError, Rows, row_of
from annotation.pairs.readers.scale import grade_of, scale_for
from annotation.pairs.readers.silver import silver_values

MAX_ATTRIBUTES = 40
GRADES = ("0", "1", "2", "3")
_RATING = ("rating", "final_rating")
_MOST_GRADES = 100  # a column with more of them is no column of grades


@dataclass(frozen=True, slots=True)
class Ratings:
    """The single raters' grades 0..3 of one pair, in the order of the columns."""

    query: str
    docid: str
    grades: list[int]


def read_ratings(path: Path) -> Iterator[Ratings]:
    """Every rated pair.

    Raises:
        ImportFileError: no ``agent_N_rating`` column, or a row that cannot be read.
    """
    for line, record in right_records(path, "query", "docid"):
        columns = sorted(
            name for name in record if name.startswith("agent_") and name.endswith("_rating")
        )
        if not columns:
            raise ImportFileError(f"{path.name} has no column agent_N_rating")
        grades = [clean(record[name]) for name in columns]
        if not set(grades) <= set(GRADES):
            raise ImportFileError(f"{path.name}, line {line}: a grade is not 0, 1, 2 or 3")
        yield Ratings(
            clean(record.get("query")), clean(record.get("docid")), [int(g) for g in grades]
        )


def read_rows(
    path: Path,
    products: Path | None = None,
    gold: bool = True,
    scale: str | None = None,
    encoding: str = "",
) -> Rows:
    """``products`` defaults to products.jsonl beside the judgments; ``scale`` is ``0=1,1=4``.

    With ``gold=False`` the tiers are left out: then they can be replayed as people's labels.

    Raises:
        ImportFileError: a file, a column or the scale is missing, or the product file is bad.
    """
    products = products or path.parent / "products.jsonl"
    for needed in (path, products):
        if not needed.is_file():
            raise ImportFileError(f"Quepid: there is no {needed.name}")
    grades = _grades(path, encoding) if gold else set()
    tiers = scale_for(path.name, grades, scale) if grades else {}
    with DiskLookup(_catalogue(products, encoding), products.name) as catalogue:
        yield from rows_made(
            _judgments(path, encoding),
            lambda line, each: _joined(line, each, catalogue, tiers if gold else None),
        )


def _judgments(path: Path, encoding: str) -> Records:
    return checked_records(path, "query", "docid", "|".join(_RATING), encoding=encoding)


def _grades(path: Path, encoding: str) -> set[str]:
    """All grades of the file, before a row is taken for anything."""
    grades: set[str] = set()
    for _, record in _judgments(path, encoding):
        if isinstance(record, RowError) or len(grades) >= _MOST_GRADES:
            continue
        with suppress(BadField):  # it is named when the rows are made
            grades.add(_grade(record))
    grades.discard("")
    return grades


def _grade(judgment: Mapping[str, Any]) -> str:
    name = next(name for name in _RATING if name in judgment)
    return grade_of(text_of(name, judgment[name]))


def _joined(
    line: int,
    judgment: Mapping[str, Any],
    catalogue: DiskLookup,
    tiers: Mapping[str, str] | None,
) -> Row:
    grade = _grade(judgment)
    if tiers is not None and not grade:
        return RowError(line, "the rating is missing")
    if tiers is not None and grade not in tiers:
        return RowError(line, f"rating '{grade[:40]}' is not one of {', '.join(tiers)}")
    query, docid = (text_of(name, judgment[name]) for name in ("query", "docid"))
    if not docid:
        return RowError(line, "the docid is missing")
    product = catalogue.get(docid)
    if product is None:
        return RowError(line, f"docid {docid[:40]} is not in the product file")
    attributes = _attributes(product)
    kind = next((value for name, value in attributes if name == "product type"), "")
    fields = {
        "title": _plain("title", product.get("title") or product.get("name")),
        "description": _plain(
            "description", product.get("short_description") or product.get("description")
        ),
    }
    silver = silver_values(
        query,
        title=fields["title"],
        kind=kind,
        attributes=attributes,
        rest=fields["description"],
    )
    return row_of(
        line,
        {
            **fields,
            "query": query,
            "product_id": docid,
            "category_path": kind,
            "attributes": attributes,
            "image_url": product.get("img_500x500") or product.get("image"),
            "tier": tiers[grade] if tiers else "",
            "silver_category_match": silver.get("3", ""),
            "silver_attribute_match": silver.get("4", ""),
        },
    )


def _attributes(product: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Brand and price, then the text and the numeric specifications, in the file's order."""
    pairs = [("brand", _plain("supplier", product.get("supplier")))]
    for prefix in ("attr_t_", "attr_n_"):
        pairs += [
            (_words(name.removeprefix(prefix)), _plain(name, v))
            for name, v in product.items()
            if name.startswith(prefix)
        ]
    return [pair for pair in pairs if all(pair)][:MAX_ATTRIBUTES]


def _catalogue(path: Path, encoding: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for _, record in right_records(path, "id", "title|name", encoding=encoding):
        yield clean(record["id"]), record


def _words(name: str) -> str:
    return name.replace("__", " ").replace("_", " ").strip()


def _plain(name: str, value: Any) -> str:
    text = texts_of(f"the product's {name[:40]}", value)
    return " ".join(html.unescape(text).replace("\\n", " ").split())
