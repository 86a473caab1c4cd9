"""Files of other tools that are not as published: refused with the place and the reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.pairs.readers import esci, label_studio, quepid, wands
from annotation.pairs.readers.rows import ImportFileError, PairRow, RowError, Rows
from tests.annotation.pairs.readers.test_native import on_disk, write

DEEP = '{"a": ' * 60 + "1" + "}" * 60
Read = Callable[[Path], Rows]


def read_quepid(folder: Path, judgments: Any, products: Any) -> Rows:
    write(folder / "products.jsonl", products)
    return quepid.read_rows(write(folder / "r.jsonl", judgments), scale="1=4")


def read_wands(folder: Path, labels: Any, products: Any) -> Rows:
    write(folder / "query.csv", "query_id\tquery\n1\tlamp\n")
    write(folder / "product.csv", products)
    return wands.read_rows(write(folder / "label.csv", labels))


def read_esci(folder: Path, examples: Any, products: Any) -> Rows:
    file = write(folder / "p.jsonl", products)
    return esci.read_rows(write(folder / "e.jsonl", examples), products=file)


def read_tasks(folder: Path, tasks: Any, _: Any) -> Rows:
    return label_studio.read_rows(write(folder / "t.json", tasks))


JUDGMENT = '{"query": "lamp", "docid": "1", "rating": 1}'
LABEL = "query_id\tproduct_id\tlabel\n1\t1\tExact\n"
EXAMPLE = '{"query": "lamp", "product_id": "1", "product_locale": "us", "esci_label": "E"}'
TASK = '{"data": {"query": "lamp", "title": "Lamp"}}'
GOOD: dict[str, tuple[Callable[..., Rows], str, str]] = {
    "quepid": (read_quepid, JUDGMENT, '{"id": "1", "title": "Lamp"}'),
    "wands": (read_wands, LABEL, "product_id\tproduct_name\n1\tLamp\n"),
    "esci": (
        read_esci,
        EXAMPLE,
        '{"product_id": "1", "product_locale": "us", "product_title": "Lamp"}',
    ),
    "label-studio": (read_tasks, f"[{TASK}]", ""),
}


def outcome(rows: Rows) -> str:
    """What a person reads: the refusal, or the lines with what is wrong."""
    try:
        read = list(rows)
    except ImportFileError as error:
        return error.message
    return "; ".join(
        f"line {row.line}: {row.message}" if isinstance(row, RowError) else row.title
        for row in read
    )


@pytest.mark.parametrize("name", GOOD)
def test_the_files_that_the_others_are_made_of_are_read(name: str, tmp_path: Path) -> None:
    read, first, second = GOOD[name]
    assert outcome(read(tmp_path, first, second)) == "Lamp"


@pytest.mark.parametrize(
    ("name", "first", "says"),
    [
        ("quepid", "", ""),
        ("quepid", '{"query": "lamp", "docid": "1"}',
         "r.jsonl: needs the columns query, docid, rating or final_rating; it has query, "
         "docid"),
        ("quepid", f'{JUDGMENT}\n{{"docid": "1", "rating": 1}}',
         "Lamp; line 2: needs the columns query, docid, rating or final_rating; it has docid, "
         "rating"),
        ("quepid", '{"query": ["lamp"], "docid": "1", "rating": 1}',
         "line 1: query is a list; it must be a text"),
        ("quepid", '{"query": "lamp", "docid": {"id": "1"}, "rating": 1}',
         "line 1: docid is an object; it must be a text"),
        ("quepid", '{"query": "lamp", "docid": "1", "rating": {"a": 1}}',
         "line 1: rating is an object; it must be a text"),
        ("quepid", '{"query": "lamp", "docid": "1", "rating": null}',
         "line 1: the rating is missing"),
        ("quepid", '{"query": "lamp", "docid": "", "rating": 1}',
         "line 1: the docid is missing"),
        ("quepid", '{"query": "la\\u0000mp", "docid": "1", "rating": 1}',
         "line 1: query contains a NUL character"),
        ("quepid", DEEP, "line 1: nested more than 32 levels deep"),
        ("quepid", "null", "line 1: expected an object"),
        ("quepid", '{"query": "lamp", "docid": "1", "rating": ' + "1" * 5000 + "}",
         "line 1: a number of 5000 digits cannot be read; write it as text, in quotes"),
        ("wands", "", "label.csv is empty"),
        ("wands", "query_id\tlabel\n", "label.csv: needs the columns query_id, product_id, "
         "label; it has query_id, label (read with a tab between the columns; a comma, a "
         "semicolon, a bar | would do too)"),
        ("wands", LABEL.replace("\t", ";"), "Lamp"),
        ("wands", LABEL.replace("Exact", "Ex\0act"), "line 2: label 'Ex\0act' is not Exact, "
         "Partial or Irrelevant"),
        ("esci", "", ""),
        ("esci", '{"query": "lamp", "esci_label": "E"}', "e.jsonl: needs the columns query, "
         "product_id, esci_label; it has query, esci_label"),
        ("esci", EXAMPLE.replace('"E"', '{"E": 1}'),
         "line 1: esci_label is an object; it must be a text"),
        ("esci", EXAMPLE.replace('"lamp"', '["lamp"]'),
         "line 1: query is a list; it must be a text"),
        ("esci", EXAMPLE.replace("lamp", "\\ud800"), "line 1: query is not UTF-8"),
        ("esci", DEEP, "line 1: nested more than 32 levels deep"),
        ("label-studio", "", "line 1: not a JSON array: it does not begin with '['"),
        ("label-studio", "[" * 5000, "line 1: not JSON: nested too deeply"),
        ("label-studio", f"[{DEEP}]", "line 1: nested more than 32 levels deep"),
        ("label-studio", f"[{TASK}, 5]", "Lamp; line 2: expected an object"),
        ("label-studio", f'[{TASK}, {{"id": 1, "id": 2}}]',
         "Lamp; line 2: the key 'id' is there twice"),
        ("label-studio", '[{"data": {"query": "lamp", "title": {"en": "Lamp"}}}]',
         "line 1: title is an object; it must be a text"),
        ("label-studio", '[{"data": {"query": "lamp", "title": "La\\u0000mp"}}]',
         "line 1: title contains a NUL character"),
        ("label-studio", '[{"data": {"query": "lamp", "title": "L"}, "annotations": {"a": 1}}]',
         "line 1: annotations is not a list of objects"),
    ],
)  # fmt: skip
def test_a_hostile_file_is_refused_with_the_place_and_the_reason(
    name: str, first: str, says: str, tmp_path: Path
) -> None:
    read, _, second = GOOD[name]
    assert outcome(read(tmp_path, first, second)) == says


@pytest.mark.parametrize(
    ("name", "second", "says"),
    [
        ("quepid", '{"title": "Lamp"}', "products.jsonl: needs the columns id, title or name; "
         "it has title"),
        ("quepid", '{"id": "1", "title": "Lamp"}\n{"id": "2"}',
         "products.jsonl, line 2: needs the columns id, title or name; it has id"),
        ("quepid", "[]", "line 1: docid 1 is not in the product file"),
        ("quepid", "1", "products.jsonl, line 1: expected an object"),
        ("quepid", DEEP, "products.jsonl, line 1: nested more than 32 levels deep"),
        ("quepid", '{"id": "1", "title": {"en": "Lamp"}}',
         "line 1: the product's title is an object; it must be a text"),
        ("quepid", '{"id": "1", "title": "Lamp", "attr_t_size": {"cm": 9}}',
         "line 1: the product's attr_t_size is an object; it must be a text"),
        ("wands", "", "product.csv is empty"),
        ("wands", "a\tb\n", "product.csv: needs the columns product_id, product_name; it has "
         "a, b (read with a tab between the columns; a comma, a semicolon, a bar | would do "
         "too)"),
        ("wands", "product_id,product_name\n1,Lamp\n", "Lamp"),
        ("wands", "product_id\tproduct_name\n1\tLa\0mp\n",
         "line 2: title contains a NUL character"),
        ("wands", "product_id\tproduct_name\n1\tLamp\tmore\n",
         "product.csv, line 2: 3 fields, but the header has 2"),
        ("esci", '{"foo": 1}', "p.jsonl: needs the columns product_id or id or fields, "
         "product_title or title or fields; it has foo"),
        ("esci", '{"product_id": "1", "product_locale": "us", "product_title": {"a": 1}}',
         "line 1: the product's title is an object; it must be a text"),
    ],
)  # fmt: skip
def test_so_is_its_second_file(name: str, second: str, says: str, tmp_path: Path) -> None:
    read, first, _ = GOOD[name]
    assert outcome(read(tmp_path, first, second)) == says


def test_wands_has_quotes_as_csv_has_whatever_its_name(tmp_path: Path) -> None:
    products = write(tmp_path / "trimmed.tsv", 'product_id\tproduct_name\n1\t"24"" lamp"\n')
    write(tmp_path / "query.csv", "query_id\tquery\n1\tlamp\n")
    (row,) = wands.read_rows(write(tmp_path / "label.csv", LABEL), products=products)
    assert isinstance(row, PairRow)
    assert row.title == '24" lamp'


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


def objects(*names: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(st.dictionaries(st.sampled_from(names), anything), max_size=3)


@on_disk
@given(
    st.sampled_from([read_quepid, read_esci]),
    objects("query", "docid", "rating", "product_id", "esci_label", "product_locale"),
    objects("id", "title", "name", "attr_t_a", "product_id", "product_title", "fields"),
)
def test_no_types_crash_a_reader(
    tmp_path: Path,
    read: Callable[..., Rows],
    first: list[dict[str, Any]],
    second: list[dict[str, Any]],
) -> None:
    lines = [
        "".join(json.dumps(each) + "\n" for each in each_file) for each_file in (first, second)
    ]
    assert isinstance(outcome(read(tmp_path, *lines)), str)


@on_disk
@given(objects("data", "annotations", "predictions", "completions", "id"))
def test_no_types_crash_the_reader_of_tasks(tmp_path: Path, tasks: list[Any]) -> None:
    assert isinstance(outcome(read_tasks(tmp_path, json.dumps(tasks), "")), str)
