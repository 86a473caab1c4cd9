"""Values: what pandas and databases write is read, what has no one meaning is refused."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.pairs.formats import read_rows
from annotation.pairs.readers.json_text import MAX_DEPTH, BadJson, json_value
from annotation.pairs.readers.rows import PairRow, RowError, row_of
from tests.annotation.pairs.readers.test_native import pairs, write

NAN = float("nan")


def one(**record: Any) -> PairRow:
    row = row_of(1, {"query": "q", "title": "t", **record})
    assert isinstance(row, PairRow), row
    return row


def refused(**record: Any) -> str:
    row = row_of(1, {"query": "q", "title": "t", **record})
    assert isinstance(row, RowError), row
    return row.message


@pytest.mark.parametrize("tier", ["4.0", 4.0, 4, "4", Decimal("4.0"), b"4.0"])
def test_a_tier_of_a_column_with_gaps_is_its_number(tier: Any) -> None:
    assert one(tier=tier).gold == {"5": "4"}


@pytest.mark.parametrize("missing", [NAN, "nan", "NaN", None, ""])
def test_not_a_number_is_a_missing_value(missing: Any) -> None:
    assert one(tier=missing, silver_tier=missing).gold == {}
    row = one(description=None if missing in ("nan", "NaN") else missing, attributes=None)
    assert (row.description, row.attributes) == ("", [])


def test_a_missing_query_is_said_and_a_bread_is_a_query() -> None:
    assert refused(query=NAN) == "the query is missing"
    assert one(query="nan").query == "nan"


@pytest.mark.parametrize("blank", ["\u200b", "\ufeff \u00ad", "\u2060"])
def test_what_nobody_can_see_is_no_query_and_no_title(blank: str) -> None:
    assert refused(query=blank) == "the query is missing"
    assert refused(title=blank) == "the title is missing"


def test_bytes_are_utf_8_text_or_refused(tmp_path: Path) -> None:
    table = {"query": [b"red shoe", b"q"], "title": ["Café".encode(), b"caf\xe9"]}
    pq.write_table(pa.table(table), tmp_path / "p.parquet")
    good, bad = read_rows(tmp_path / "p.parquet")
    assert [(row.query, row.title) for row in pairs([good])] == [("red shoe", "Café")]
    assert getattr(bad, "message", "") == "title is not UTF-8"


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"query": {"text": "red"}}, "query is an object; it must be a text"),
        ({"query": ["red", "shoe"]}, "query is a list; it must be a text"),
        ({"description": [["a"]]}, "description is a list; it must be a text"),
        ({"category_path": ["a", ["b"]]}, "a level of category_path is a list"),
        ({"attributes": {"size": {"eu": 38}}}, "attribute 'size' is an object"),
        ({"attributes": {"x": [["deep"]]}}, "a part of attribute 'x' is a list"),
        ({"attributes": '{"a": "1", "a": "2"}'}, "attributes: the key 'a' is there twice"),
        ({"tier": [4]}, "tier is a list"),
    ],
)
def test_nested_values_are_refused_by_name(record: dict[str, Any], message: str) -> None:
    assert message in refused(**record)


def test_attributes_may_be_objects_with_name_and_value() -> None:
    pairs_ = [{"name": "color", "value": "red"}, {"value": 9, "name": "size"}]
    assert one(attributes=pairs_).attributes == [("color", "red"), ("size", "9")]
    assert one(attributes=json.dumps(pairs_)).attributes == [("color", "red"), ("size", "9")]


@pytest.mark.parametrize(
    "link", ["http://a.b/c.jpg", "HTTPS://a.b/c", "//cdn.shop/1.png", "", "  https://a.b/ "]
)
def test_links_to_the_web_are_taken_as_they_are(link: str) -> None:
    assert one(image_url=link).image_url == link.strip()


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "data:image/png;base64,AA", "JaVaScRiPt://a.b/%0a", "file:///etc",
     "/local.png", "x.png", "https:/a.b", "vbscript:x", "java\nscript:x", "http:///x"],
)  # fmt: skip
def test_every_other_link_is_refused(link: str) -> None:
    assert "is no link that begins with http:// or https://" in refused(image_url=link)


def test_in_tsv_a_quote_is_a_character(tmp_path: Path) -> None:
    text = 'query\ttitle\n"star wars" poster\tPoster\ntv 55"\tTV\n"mug"\tMug\nmug\tMug\n'
    rows = pairs(list(read_rows(write(tmp_path / "p.tsv", text))))
    assert [row.query for row in rows] == ['"star wars" poster', 'tv 55"', '"mug"', "mug"]


def test_an_open_quote_says_which_lines_it_takes(tmp_path: Path) -> None:
    text = 'query,title\na,T\n"oled tv,T2\nc,T3\nd,T4\n'
    rows = list(read_rows(write(tmp_path / "p.csv", text)))
    assert isinstance(rows[0], PairRow)
    assert getattr(rows[1], "message", "") == (
        "not CSV: unexpected end of data; "
        "a quote opened in line 3 makes one row of the lines 3 to 5"
    )
    assert len(rows) == 2
    text = 'query,title\n"oled tv,T2\nc,T3\nd,the ""T4" x\n'
    (row,) = read_rows(write(tmp_path / "p.csv", text))
    assert "a quote opened in line 2 makes one row of the lines 2 to 4" in getattr(
        row, "message", ""
    )


keys = st.sampled_from(["a", "b", 'c"', "d:", " e"])
values = st.recursive(
    st.none() | st.integers() | st.text('a":, {}', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=10,
)
spaced = st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : "), (",\t", "\t:")])


@given(st.dictionaries(keys, values, max_size=4), spaced)
def test_json_is_read_as_the_standard_library_reads_it(
    value: dict[str, Any], separators: tuple[str, str]
) -> None:
    assert json_value(json.dumps(value, separators=separators).encode()) == value


@given(st.lists(st.tuples(keys, values), min_size=1, max_size=4), spaced, st.booleans())
def test_a_key_that_is_there_twice_is_never_missed(
    items: list[tuple[str, Any]], separators: tuple[str, str], deep: bool
) -> None:
    def written(pairs_: list[tuple[str, Any]]) -> str:
        parts = [json.dumps(k) + separators[1] + json.dumps(v) for k, v in pairs_]
        return "{" + separators[0].join(parts) + "}"

    text = written([*items, (items[0][0], "again")])
    text = f'{{"x": [{text}]}}' if deep else text
    with pytest.raises(BadJson, match="twice"):
        json_value(text.encode())


@pytest.mark.parametrize("name", ["p.jsonl", "p.json"])
def test_bottomless_and_doubled_objects_are_refused_by_line(tmp_path: Path, name: str) -> None:
    deep = '{"query": "q", "title": "t", "x": ' + "[" * MAX_DEPTH + "]" * MAX_DEPTH + "}"
    twice = '{"query": "right", "query": "wrong", "title": "t"}'
    for text, words in (
        (deep, f"more than {MAX_DEPTH} levels"),
        (twice, "'query' is there twice"),
    ):
        (row,) = read_rows(write(tmp_path / name, f"[{text}]" if name == "p.json" else text))
        assert (row.line, words in getattr(row, "message", "")) == (1, True)
