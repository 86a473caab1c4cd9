"""Small files that unpack without end are refused within the bounds of docs/importing.md."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from annotation.pairs.formats import read_rows
from annotation.pairs.readers.rows import ImportFileError, RowError
from tests.annotation.pairs.readers.test_native import pairs

MORE_MB = 512  # as docs/importing.md says
_READ = """
import resource, sys
from pathlib import Path
from annotation.pairs.readers.native import read_rows
from annotation.pairs.readers.rows import ImportFileError, RowError
import annotation.pairs.readers.parquet
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    words = [r.message for r in read_rows(Path(sys.argv[1])) if isinstance(r, RowError)][-1]
except ImportFileError as error:
    words = error.message
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
print(words)
"""


def refusal(path: Path) -> str:
    """What a process of its own says of it, having stayed small."""
    command = [sys.executable, "-c", _READ, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    grown, words = done.stdout.split("\n", 1)
    assert int(grown) < MORE_MB
    return words.strip()


def repeated(path: Path, block: bytes, megabytes: int, begin: bytes = b"") -> Path:
    with gzip.open(path, "wb", compresslevel=1) as stream:
        stream.write(begin)
        for _ in range(megabytes):
            stream.write(block)
    return path


def test_one_text_named_a_thousand_times_is_not_decoded(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 1000, pa.int32()), ["x" * 8_000_000])
    table = pa.table({"query": texts, "title": ["t"] * 1000})
    pq.write_table(
        table, path, compression="zstd", store_schema=False, dictionary_pagesize_limit=2**24
    )
    assert path.stat().st_size < 3000
    assert "unpacks to more than 500 times its size" in refusal(path)


def test_also_where_the_text_is_deep_in_the_attributes(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    attributes = [[{"name": "n", "value": "x" * 8_000_000}]] * 100
    table = pa.table({"query": ["q"] * 100, "title": ["t"] * 100, "attributes": attributes})
    pq.write_table(table, path, compression="zstd", dictionary_pagesize_limit=2**24)
    assert path.stat().st_size < 100_000
    assert "unpacks to more than 500 times its size" in refusal(path)


def test_a_line_without_end_is_refused_after_eight_megabytes(tmp_path: Path) -> None:
    path = repeated(tmp_path / "p.csv.gz", b"x" * 1_000_000, 1000, b"query,title\nq,")
    assert "a line longer than 8388608 bytes" in refusal(path)


def test_blanks_without_end_are_refused_after_eight_megabytes(tmp_path: Path) -> None:
    for name, block in (("p.json.gz", b" "), ("p.jsonl.gz", b"\n"), ("p.csv.gz", b"\r\n")):
        path = repeated(tmp_path / name, block * 500_000, 100)
        assert "more than 8388608 bytes of blanks" in refusal(path)


def test_a_zstd_file_is_unpacked_in_small_pieces(tmp_path: Path) -> None:
    path = tmp_path / "p.csv.zst"
    path.write_bytes(zstandard.compress(b"query,title\nq," + bytes([120]) * 300_000_000))
    assert path.stat().st_size < 50_000
    assert "a line longer than 8388608 bytes" in refusal(path)


def test_rows_of_nothing_are_refused_by_what_the_file_says_of_itself(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    nothing = pa.nulls(3_000_000, pa.string())
    pq.write_table(pa.table({"query": nothing, "title": nothing}), path)
    with pytest.raises(ImportFileError, match="names more rows than"):
        list(read_rows(path))


def test_an_open_quote_over_all_of_a_file_ends_at_eight_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes(b'query,title\nq,"t\n' + b"q,a title\n" * 1_000_000)
    rows: Iterator[object] = read_rows(path)
    (row,) = rows
    assert isinstance(row, RowError)
    assert row.message.startswith(
        "a row longer than 8388608 characters; a quote opened in line 2"
    )


def test_a_long_legal_text_that_repeats_in_a_table_is_read(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    table = {"query": ["q"] * 2000, "title": [f"t {n}" for n in range(2000)]}
    pq.write_table(pa.table(table | {"description": ["word " * 19_000] * 2000}), path)
    assert [row.title for row in pairs(list(read_rows(path)))] == table["title"]
