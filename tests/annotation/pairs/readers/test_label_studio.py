"""Label Studio's JSON: a streamed array, tasks to pairs, and back again."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.exports.formats import ExportFilter, format_named
from annotation.exports.jobs import export_write
from annotation.pairs.formats import read_rows
from annotation.pairs.readers.json_array import array_elements
from annotation.pairs.readers.rows import PairRow, RowError
from tests.annotation.exports.world import decided_project

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


class Dripping(io.StringIO):
    """Gives a few characters at a time, so that elements lie across the blocks."""

    def read(self, size: int | None = -1, /) -> str:
        return super().read(3)


def choice(name: str, value: str) -> dict[str, Any]:
    return {"from_name": name, "type": "choices", "value": {"choices": [value]}}


def task(*annotations: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    data = {"query": "red shoes", "title": "Red shoe", "attributes": "Color: red\nSize: 40"}
    return {"data": data, "annotations": [{"result": r} for r in annotations], **more}


def pairs(path: Path, *tasks: Any) -> list[PairRow | RowError]:
    file = path / "tasks.json"
    file.write_text(json.dumps(tasks))
    return list(read_rows(file, "label-studio"))


@given(st.lists(_JSON, max_size=4), st.sampled_from([None, 2]))
def test_an_array_is_read_element_by_element_as_json_reads_it(
    elements: list[Any], indent: int | None
) -> None:
    text = json.dumps(elements, indent=indent)
    assert list(array_elements(Dripping(text), 10_000)) == elements


@pytest.mark.parametrize("text", ["", "{}", "[1", "[1,]", "[1 2]", "[1] x", "[nope]", '["a'])
def test_a_damaged_array_is_an_error(text: str) -> None:
    with pytest.raises(ValueError):
        list(array_elements(Dripping(text), 10_000))


def test_an_element_that_never_ends_is_an_error_and_not_a_full_memory() -> None:
    with pytest.raises(ValueError, match="longer than 100 characters"):
        list(array_elements(io.StringIO('["' + "a" * 400_000 + '"]'), 100))


def test_values_that_people_agree_on_are_gold_and_a_models_are_silver(tmp_path: Path) -> None:
    (row,) = pairs(
        tmp_path,
        task(
            [choice("value_3", "match"), choice("value_5", "4")],
            [choice("value_3", "match"), choice("value_5", "3")],
            predictions=[{"result": [choice("value_5", "2")]}],
        ),
    )
    assert isinstance(row, PairRow)
    assert row.gold == {"3": "match"}
    assert row.silver == {"5": "2"}
    assert row.attributes == [("Color", "red"), ("Size", "40")]


def test_a_cancelled_annotation_says_nothing(tmp_path: Path) -> None:
    skipped = {"result": [choice("value_5", "1")], "was_cancelled": True}
    (row,) = pairs(tmp_path, {**task(), "annotations": [skipped]})
    assert isinstance(row, PairRow)
    assert row.gold == {}


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (7, "expected an object"),
        ({}, "no data"),
        ({"data": {"query": "q"}}, "the title is missing"),
    ],
)
def test_a_bad_task_is_an_error_with_its_number(tmp_path: Path, bad: Any, message: str) -> None:
    _, row = pairs(tmp_path, task(), bad)
    assert isinstance(row, RowError)
    assert (row.line, message in row.message) == (2, True)


@pytest.mark.django_db
def test_what_was_exported_comes_back_with_the_decided_values(tmp_path: Path) -> None:
    file = tmp_path / "tasks.json"
    format = format_named("label-studio")
    export_write(format=format, chosen=ExportFilter(decided_project()), path=file)
    right, wrong, _ = read_rows(file, "label-studio")
    assert isinstance(right, PairRow)
    assert isinstance(wrong, PairRow)
    assert right.query == wrong.query == "red shoes"
    assert right.gold == wrong.gold == {"3": "match", "4": "none", "5": "2"}
    assert wrong.silver == {"3": "match", "4": "none", "5": "4"}


def with_data(
    path: Path, *annotations: list[dict[str, Any]], **data: Any
) -> PairRow | RowError:
    one = task(*annotations)
    (row,) = pairs(path, {**one, "data": {**one["data"], **data}})
    return row


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (' {"color": "red"}', [("color", "red")]),
        ('\n[["color", "red"]]', [("color", "red")]),
        ("color: red\n\n size: a: b ", [("color", "red"), ("size", "a: b")]),
        ("size without colon", "attributes: the line 'size without colon' is not name: value"),
        ("color: red\n: x", "attributes: the line ': x' is not name: value"),
        ('{"color": "red"', "attributes look like JSON but are not"),
    ],
)
def test_an_attribute_text_is_read_right_or_refused(
    tmp_path: Path, text: str, read: list[tuple[str, str]] | str
) -> None:
    row = with_data(tmp_path, attributes=text)
    assert (row.message if isinstance(row, RowError) else row.attributes) == read


def test_values_in_data_count_as_in_our_own_files(tmp_path: Path) -> None:
    row = with_data(tmp_path, tier=4, silver_tier="3", category_match="Match")
    assert isinstance(row, PairRow)
    assert (row.gold, row.silver) == ({"3": "match", "5": "4"}, {"5": "3"})
    same = with_data(tmp_path, [choice("value_5", "4")], tier="4")
    assert isinstance(same, PairRow)
    assert same.gold == {"5": "4"}


@pytest.mark.parametrize(
    ("task_", "message"),
    [
        (
            {"data": {"tier": "4"}, "annotations": [{"result": [choice("value_5", "3")]}]},
            "data has tier '4', but the annotations have '3'",
        ),
        ({"predictions": {"result": []}}, "predictions is not a list of objects"),
        ({"annotations": [7]}, "annotations is not a list of objects"),
        ({"data": None}, "of Label Studio's export formats JSON is read, not JSON-MIN"),
    ],
)
def test_what_cannot_be_meant_is_a_bad_task(
    tmp_path: Path, task_: dict[str, Any], message: str
) -> None:
    data = (
        {**task()["data"], **task_.get("data", {})} if task_.get("data", {}) is not None else 0
    )
    (row,) = pairs(tmp_path, {**task(), **task_, "data": data})
    assert isinstance(row, RowError)
    assert message in row.message


def test_a_task_of_an_old_export_is_no_pair_without_its_labels(tmp_path: Path) -> None:
    (row,) = pairs(tmp_path, {"data": task()["data"], "completions": []})
    assert isinstance(row, RowError)
    assert "completions are of a Label Studio before 1.0" in row.message
