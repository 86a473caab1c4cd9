"""The delimiter is the one with which the header has the columns that are needed."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.pairs.formats import read_rows
from annotation.pairs.readers.columns import Columns
from annotation.pairs.readers.csv_text import DELIMITERS, dialect_of
from annotation.pairs.readers.rows import ImportFileError, PairRow
from tests.annotation.pairs.readers.test_native import on_disk, pairs, write

NEEDED = Columns(("query", "title"))


@pytest.mark.parametrize(
    ("header", "kind", "delimiter"),
    [
        ("query,title", "csv", ","),
        ("query;title", "csv", ";"),
        ("query\ttitle", "csv", "\t"),
        ("query|title", "csv", "|"),
        ("query,title", "tsv", ","),
        ("query\ttitle", "tsv", "\t"),
        ('"query";"title"', "csv", ";"),
        ("a,b;query;title", "csv", ";"),
        ("query,title,query;title", "csv", ","),  # both would do: the usual one
        ('query,title,"a note', "csv", ","),  # goes on in the next line
        ("name;label", "csv", ";"),  # for the message
        ("name,a;b;c", "csv", ","),
        ("", "csv", ","),
    ],
)
def test_the_header_proves_the_delimiter(header: str, kind: str, delimiter: str) -> None:
    assert dialect_of(header, kind, NEEDED).delimiter == delimiter


def test_without_needed_columns_the_name_of_the_file_decides() -> None:
    assert dialect_of("a;b;c,", "csv", Columns()).delimiter == ","
    assert dialect_of("a,b,c\t", "tsv", Columns()).delimiter == "\t"


cells = st.text("ab ;,|\t\"'é\n", min_size=1, max_size=12).filter(str.strip)


@on_disk
@given(
    st.lists(st.tuples(cells, cells), min_size=1, max_size=6),
    st.sampled_from(list(DELIMITERS)),
    st.booleans(),
)
def test_a_file_is_the_same_rows_with_any_delimiter(
    tmp_path: Path, rows: list[tuple[str, str]], delimiter: str, for_excel: bool
) -> None:
    stream = io.StringIO(newline="")
    if for_excel:
        stream.write(f"sep={delimiter}\r\n")
    csv.writer(stream, delimiter=delimiter).writerows([("query", "title"), *rows])
    path = write(tmp_path / "p.csv", stream.getvalue())
    read = [(row.query, row.title) for row in pairs(list(read_rows(path)))]
    assert read == [(query.strip(), title.strip()) for query, title in rows]


def test_a_tab_makes_a_quote_a_character_only_in_a_file_that_is_named_tsv(
    tmp_path: Path,
) -> None:
    data = 'query\ttitle\nframe\t"24"" frame"\n'
    (row,) = pairs(list(read_rows(write(tmp_path / "p.csv", data))))
    assert row.title == '24" frame'
    (row,) = pairs(list(read_rows(write(tmp_path / "p.tsv", data))))
    assert row.title == '"24"" frame"'


def test_the_lines_stay_those_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "p.csv", "sep=;\n\nquery;title\nq;t\nq;t;more\n")
    good, bad = read_rows(path)
    assert isinstance(good, PairRow)
    assert (good.line, bad.line) == (4, 5)


def test_a_header_without_the_columns_says_how_it_was_read(tmp_path: Path) -> None:
    path = write(tmp_path / "p.csv", "suche;titel;note\nq;t;4\n")
    with pytest.raises(ImportFileError) as refused:
        list(read_rows(path))
    assert refused.value.message == (
        "p.csv: needs the columns query, title; it has suche, titel, note (read with a "
        "semicolon between the columns; a comma, a tab, a bar | would do too)"
    )


def test_a_million_blank_lines_are_no_header(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match="is empty"):
        list(read_rows(write(tmp_path / "p.csv", ",,\n" * 1_000_000)))
