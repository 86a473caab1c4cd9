"""The import formats that make pairs. ``IMPORT_FORMATS`` in the settings names this table."""

from __future__ import annotations

from annotation.pairs.formats import (
    ENCODING,
    LOCALE,
    MAPPING,
    PRODUCTS,
    QUERIES,
    SCALE,
    SPLIT,
    ImportFormat,
)
from annotation.pairs.readers import esci, label_studio, native, quepid, wands
from annotation.pairs.write import pairs_import

FORMATS = (
    ImportFormat(
        "native",
        "a table: our columns, or yours by choosing",
        "Our own columns",
        native.read_rows,
        pairs_import,
        takes=(SPLIT, MAPPING, ENCODING),
        columns=native.native_columns,
    ),
    ImportFormat(
        "label-studio",
        "Label Studio, its choices become values",
        "Label Studio",
        label_studio.read_rows,
        pairs_import,
        suffixes=("json", "jsonl"),
        columns=label_studio.data_columns,
    ),
    ImportFormat(
        "quepid",
        "Quepid judgments",
        "Quepid-style judgments",
        quepid.read_rows,
        pairs_import,
        takes=(SPLIT, PRODUCTS, SCALE, ENCODING),
        needs=("products",),
    ),
    ImportFormat(
        "wands",
        "WANDS",
        "WANDS",
        wands.read_rows,
        pairs_import,
        takes=(SPLIT, PRODUCTS, QUERIES, ENCODING),
        needs=("products", "queries"),
        suffixes=("csv", "tsv"),
    ),
    ImportFormat(
        "esci",
        "Amazon ESCI",
        "Amazon ESCI",
        esci.read_rows,
        pairs_import,
        takes=(SPLIT, PRODUCTS, LOCALE, ENCODING),
    ),
)
