"""Chains of thought of other people's form: tables, traces and free text."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.cot.steps import StepKind
from annotation.pairs.readers.cot_mapping import CotRow, parse_cot_mapping
from annotation.pairs.readers.cot_text import parts_by_heading
from annotation.pairs.readers.cots import CotLine, PassedOver, read_rows
from annotation.pairs.readers.flat import MAX_PATHS, flat
from annotation.pairs.readers.rows import ImportFileError, RowError
from tests.annotation.pairs.readers.traces import LANGSMITH, TEXT, TRACES

HEADINGS = ["Query", "Item", "Category", "Attributes", "Verdict"]
KEY = {"query": "q", "product_id": "sku"}


def read(path: Path, rows: list[Any], **parts: Any) -> list[CotLine]:
    file = path / "in.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return list(read_rows(file, parts=json.dumps(parts) if parts else None))


def one(path: Path, row: Any, **parts: Any) -> CotRow:
    (made,) = read(path, [row], **parts)
    assert isinstance(made, CotRow), made
    return made


@pytest.mark.parametrize("tool", TRACES)
def test_the_traces_of_each_tool_are_read_by_their_paths(tool: str, tmp_path: Path) -> None:
    record, parts = TRACES[tool]
    row = one(tmp_path, record, **parts)
    assert (row.query, row.product_id, row.text) == ("red shoes", "p7", TEXT)


@pytest.mark.parametrize("tool", TRACES)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_traces_whose_objects_are_json_in_a_cell_have_the_same_paths(
    tool: str, kind: str, tmp_path: Path
) -> None:
    record, parts = TRACES[tool]
    cells = {
        name: json.dumps(value) if isinstance(value, dict | list) else value or ""
        for name, value in record.items()
    }
    path = tmp_path / f"in.{kind}"
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist([cells]), path)
    else:
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(cells))
            writer.writeheader()
            writer.writerow(cells)
    (row,) = read_rows(path, parts=json.dumps(parts))
    assert isinstance(row, CotRow)
    assert (row.query, row.product_id, row.text) == ("red shoes", "p7", TEXT)


def test_a_span_without_any_of_it_is_passed_over_and_half_of_it_is_a_fault(
    tmp_path: Path,
) -> None:
    _, parts = TRACES["langsmith"]
    tool = LANGSMITH | {"run_type": "tool", "inputs": {}, "outputs": {"hits": 3}}
    cut = LANGSMITH | {"outputs": {}}
    assert read(tmp_path, [tool, cut], **parts) == [
        PassedOver(1),
        RowError(2, "the chain of thought is missing"),
    ]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("around", ["data", "runs", ""])
def test_an_answer_of_a_programming_interface_is_read_as_the_rows_in_it(
    around: str, indent: int | None, tmp_path: Path
) -> None:
    record, parts = TRACES["langsmith"]
    whole = {"meta": {"page": 1}, around: [record, record]} if around else record
    path = tmp_path / "page.json"
    path.write_text(json.dumps(whole, indent=indent))
    rows = list(read_rows(path, parts=json.dumps(parts)))
    assert [row.line for row in rows] == ([1, 2] if around else [1])
    assert all(isinstance(row, CotRow) and row.text == TEXT for row in rows)


def test_a_json_of_several_objects_is_still_read_by_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "page.json"
    path.write_text('{"query": "a", "title": "b", "text": "c"}\n{"data": [1]\n')
    first, second = read_rows(path)
    assert isinstance(first, CotRow)
    assert isinstance(second, RowError)
    assert (second.line, second.message[:8]) == (2, "not JSON")


FREE = """I think about it.
**1. Query:** wants shoes
### 2) ITEM
shoes, blue
- Category
same thing
category: match
Attributes: red is not there
Verdict
tier: 3
"""
TAGGED = "".join(f"<{name}>\nof {name}\n</{name}>\n" for name in HEADINGS)


def test_headings_take_a_free_text_apart_whatever_is_written_around_them() -> None:
    assert parts_by_heading(FREE, HEADINGS) == {
        StepKind.QUERY: "wants shoes",
        StepKind.ITEM: "shoes, blue",
        StepKind.CATEGORY: "same thing\ncategory: match",
        StepKind.ATTRIBUTE: "red is not there",
        StepKind.FINAL: "tier: 3",
    }
    of = {kind: f"of {name}" for kind, name in zip(StepKind, HEADINGS, strict=True)}
    assert parts_by_heading(TAGGED, HEADINGS) == of
    inline = "".join(f"<{name.upper()}>of {name}</{name.upper()}>\n" for name in HEADINGS)
    assert parts_by_heading(inline, HEADINGS) == of


def test_a_claim_behind_the_word_of_a_heading_is_the_claim() -> None:
    headings = ["Query", "Item", "Category", "Attribute", "Tier"]
    text = "Query\na\nItem\nb\nCategory: match\nAttribute: good\nattribute: all\nTier: 4\n"
    assert parts_by_heading(text, headings) == {
        StepKind.QUERY: "a",
        StepKind.ITEM: "b",
        StepKind.CATEGORY: "Category: match",
        StepKind.ATTRIBUTE: "good\nattribute: all",
        StepKind.FINAL: "Tier: 4",
    }


def test_a_word_within_a_sentence_is_no_heading() -> None:
    assert (
        parts_by_heading(FREE.replace("### 2) ITEM\n", "the item is blue\n"), HEADINGS) is None
    )


@pytest.mark.parametrize("text", [FREE.replace("Verdict\n", ""), FREE + "Verdict\ntier: 1\n"])
def test_a_text_that_lacks_a_heading_or_has_it_twice_stays_whole(
    text: str, tmp_path: Path
) -> None:
    row = one(tmp_path, {"q": "a", "sku": 7, "out": text}, **KEY, text="out", headings=HEADINGS)
    assert (row.text, row.parts) == (text, {})


def test_five_columns_and_their_claims_apart_are_five_parts(tmp_path: Path) -> None:
    record = {"q": "a", "sku": 7, "category_match": "Match", "attribute_match": "all"}
    record |= {f"step_{n}": f"text {n}" for n in range(1, 6)} | {"grade": 2.0}
    parts = {f"step_{n}": f"step_{n}" for n in range(1, 6)}
    row = one(
        tmp_path,
        record,
        **KEY,
        **parts,
        category_match="category_match",
        attribute_match="attribute_match",
        tier="grade",
        tiers={"2": "3"},
    )
    assert row.parts == {
        StepKind.QUERY: "text 1",
        StepKind.ITEM: "text 2",
        StepKind.CATEGORY: "text 3\ncategory: match",
        StepKind.ATTRIBUTE: "text 4\nattribute: all",
        StepKind.FINAL: "text 5\ntier: 3",
    }


def test_a_claim_that_the_part_ends_with_already_is_not_written_twice(tmp_path: Path) -> None:
    row = one(
        tmp_path,
        {"q": "a", "sku": 7, "step_5": "so\nTier: 2", "t": "2"},
        **KEY,
        step_5="step_5",
        tier="t",
    )
    assert row.parts == {StepKind.FINAL: "so\nTier: 2"}


def test_our_own_names_need_no_mapping_and_the_tier_of_people_is_no_claim(
    tmp_path: Path,
) -> None:
    row = one(tmp_path, {"query": "a", "product_id": "p", "text": " x\n", "tier": "4"})
    assert (row.text, row.parts) == (" x\n", {})


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"product_id": "p", "text": "x"}, "the query is missing"),
        ({"query": "a", "text": "x"}, "the product is missing"),
        ({"query": "a", "title": "t", "text": " \n"}, "the chain of thought is missing"),
        ({"query": "a", "title": "t", "text": "x\u0000y"}, "text contains a NUL character"),
        ({"query": ["a"], "title": "t", "text": "x"}, "the query is missing"),
        ({"query": "a", "title": "t", "text": "x", "layout": "up"}, "layout 'up' is none of"),
    ],
)
def test_what_is_wrong_with_a_row_is_said(
    row: dict[str, Any], words: str, tmp_path: Path
) -> None:
    (made,) = read(tmp_path, [row])
    assert isinstance(made, RowError)
    assert words in made.message


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ("nothing", "parts: it is not JSON"),
        ("[]", "it must be an object"),
        ({"colour": "c"}, "colour is none of"),
        ({"product_id": "p", "text": "t"}, "no column is the query"),
        ({"query": "q", "text": "t"}, "no column is the product_id or the title"),
        ({"query": "q", "title": "p"}, "no column is the text or its five steps"),
        ({**KEY, "text": "t", "step_1": "s"}, "not both"),
        ({**KEY, "text": "t", "headings": ["a", "b"]}, "five different texts"),
        ({**KEY, "text": "t", "headings": ["a", "A", "b", "c", "d"]}, "five different texts"),
        ({**KEY, "step_1": "s", "headings": HEADINGS}, "headings need a column"),
        ({"text": "t", "after": {"query": "Q:", "title": "T:"}}, "after needs a column"),
        ({**KEY, "text": "t", "prompt": "p", "after": {"tier": "T"}}, "after must be"),
        ({**KEY, "text": "t", "tiers": {"good": "5"}}, "tiers must be"),
    ],
)
def test_a_mapping_that_means_nothing_is_refused_before_a_row_is_read(
    parts: Any, words: str
) -> None:
    with pytest.raises(ImportFileError, match=words):
        parse_cot_mapping(parts)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=4), json_values))
def test_any_record_has_paths_to_what_is_no_object_and_no_list(record: dict[str, Any]) -> None:
    made = flat(record)
    assert not any(isinstance(value, dict | list) for value in made.values())
    plain = {name: value for name, value in record.items() if isinstance(value, int)}
    assert plain.items() <= made.items()


def test_a_record_of_a_million_parts_has_a_few_hundred_paths() -> None:
    wide = {str(n): {str(m): [m] for m in range(1000)} for n in range(1000)}
    assert len(flat(wide)) == MAX_PATHS


@given(st.text(st.sampled_from("Query*#: \n1.<>/_)("), max_size=300))
def test_any_text_is_taken_apart_or_left_alone(text: str) -> None:
    parts = parts_by_heading(text, HEADINGS)
    assert parts is None or set(parts) == set(StepKind)
