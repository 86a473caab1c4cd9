"""A file is what its bytes are; what is damaged, packed or of another encoding is said."""

from __future__ import annotations

import codecs
import gzip
import json
import random
import zlib
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from annotation.pairs.formats import read_rows
from annotation.pairs.readers.opening import FREE_GROWTH, Growth, Unreadable, look
from annotation.pairs.readers.rows import ImportFileError, PairRow, Row, RowError
from tests.annotation.pairs.readers.test_native import on_disk, pairs, write

CSV = "query,title\ncafé cup,Espresso cup\ntea pot,Teapot\n"
JSONL = '{"query": "q", "title": "t"}\n'


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-32-le", codecs.BOM_UTF32_LE),
        ("utf-32-be", codecs.BOM_UTF32_BE),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_byte_order_mark_tells_the_encoding(
    tmp_path: Path, encoding: str, mark: bytes, packed: bool
) -> None:
    data = mark + CSV.encode(encoding)
    name = "p.csv.gz" if packed else "p.csv"
    path = write(tmp_path / name, gzip.compress(data) if packed else data)
    assert [row.query for row in pairs(list(read_rows(path)))] == ["café cup", "tea pot"]
    lines = mark + JSONL.encode(encoding)
    assert len(pairs(list(read_rows(write(tmp_path / "p.jsonl", lines))))) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_a_mark_that_was_put_before_a_mark_is_nothing_too(
    tmp_path: Path, encoding: str
) -> None:
    """By every program that a file went through, and by putting files together."""
    for name, text in (
        ("p.csv", CSV),
        ("p.jsonl", JSONL + "\ufeff" + JSONL),
        ("p.json", f"[{JSONL}, {JSONL}]"),
    ):
        for marks in (2, 3, 40_000):
            data = ("\ufeff" * marks + text).encode(encoding)
            assert len(pairs(list(read_rows(write(tmp_path / name, data))))) == 2, name


@on_disk
@given(
    st.lists(st.sampled_from(["\n", "\r\n", "\r"]), min_size=1, max_size=30), st.integers(0, 20)
)
def test_json_lines_end_as_their_program_ends_lines(
    tmp_path: Path, ends: list[str], more: int
) -> None:
    """The long line puts the end of one into the next block that is read."""
    long = json.dumps({"query": "q", "title": "t" * (65_500 + more)})
    data = long + "\r\n" + "".join(JSONL.strip() + end for end in ends)
    rows = pairs(list(read_rows(write(tmp_path / "p.jsonl", data))))
    assert len(rows) == 1 + len(ends)
    if "\r" not in ends or "\n" not in ends:  # else CR and LF may have met
        assert [row.line for row in rows] == list(range(1, len(ends) + 2))


@on_disk
@given(st.lists(st.text("aé漢😀 ,\"'", min_size=1, max_size=40), min_size=1, max_size=200))
def test_every_encoding_gives_the_same_rows(tmp_path: Path, titles: list[str]) -> None:
    lines = "".join(f"q\t{title}\n" for title in titles)
    read = []
    for encoding in ("utf-8", "utf-16-le", "utf-32-be"):
        data = ("\ufeffquery\ttitle\n" + lines).encode(encoding)
        rows = read_rows(write(tmp_path / "p.tsv", data))
        read.append([getattr(row, "title", "") for row in rows])
    assert read[0] == read[1] == read[2] == [title.strip() for title in titles]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("p.csv", "query,title\n".encode("utf-16-le"), "UTF-16 without a mark"),
        ("p.csv", b"PK\x03\x04" + b"x" * 60, "Excel workbook"),
        ("p.jsonl", b"\xd0\xcf\x11\xe0" + b"x" * 60, "Excel workbook"),
        ("p.csv.gz", CSV.encode(), "is not a gzip file"),
        ("p.csv.zst", gzip.compress(CSV.encode(), mtime=0), "is not a zstd file"),
        (
            "p.csv.gz",
            gzip.compress(gzip.compress(CSV.encode(), mtime=0), mtime=0),
            "unpack it first",
        ),
        ("p.csv", b"BZh91AY", "bzip2"),
        (
            "p.parquet",
            b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n",
            "Git LFS pointer",
        ),
        ("p.csv", b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        ("p.parquet", gzip.compress(b"PAR1", mtime=0), "compressed with gzip"),
        ("p.xlsx", b"PK", r"expected \.csv"),
    ],
)
def test_what_cannot_be_read_says_what_it_is(
    tmp_path: Path, name: str, data: bytes, words: str
) -> None:
    with pytest.raises(ImportFileError, match=words):
        list(read_rows(write(tmp_path / name, data)))


def test_a_file_is_read_as_what_it_is_whatever_its_name_says(tmp_path: Path) -> None:
    pq.write_table(pa.table({"query": ["q"], "title": ["t"]}), tmp_path / "real.parquet")
    parquet = (tmp_path / "real.parquet").read_bytes()
    for name, data in (
        ("P.CSV.GZ", gzip.compress(CSV.encode())),
        ("packed.csv", gzip.compress(CSV.encode())),
        ("packed.jsonl", zstandard.compress(JSONL.encode())),
        ("table.csv", parquet),
        ("lines.json", JSONL.encode()),
        ("array.jsonl", b"[" + JSONL.encode() + b"]"),
    ):
        assert pairs(list(read_rows(write(tmp_path / name, data)))), name


def noise(rows: int) -> bytes:
    """CSV that does not compress away, so that a cut falls into the middle of its rows."""
    rng = random.Random(7)
    return b"query,title\n" + b"".join(b"q,%x\n" % rng.getrandbits(256) for _ in range(rows))


def checked_zstd(data: bytes) -> bytes:
    """With a checksum, as the command line tool writes it."""
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


def spoilt(data: bytes) -> bytes:
    middle = len(data) // 2
    return (
        data[:middle]
        + bytes(b ^ 0x55 for b in data[middle : middle + 64])
        + data[middle + 64 :]
    )


@pytest.mark.parametrize("hurt", [lambda d: d[:-9], lambda d: d[: len(d) // 2], spoilt])
@pytest.mark.parametrize(("suffix", "pack"), [("gz", gzip.compress), ("zst", checked_zstd)])
def test_a_cut_or_damaged_file_is_never_taken_for_a_whole_one(
    tmp_path: Path, suffix: str, pack: object, hurt: object
) -> None:
    data = hurt(pack(noise(20_000)))  # type: ignore[operator]
    rows: list[Row] = []
    with suppress(ImportFileError):
        rows += read_rows(write(tmp_path / f"p.csv.{suffix}", data))
    # What is damaged at its very beginning is refused as a whole.
    last = rows[-1] if rows else RowError(2, "cut or damaged")
    assert isinstance(last, RowError)
    assert "cut or damaged" in last.message
    assert last.line > len(rows) - 1


def test_a_broken_deflate_stream_is_damage_and_not_a_crash(tmp_path: Path) -> None:
    good = gzip.compress(JSONL.encode() * 50)
    bad = good[:10] + b"\xff" * 20 + good[30:]
    with pytest.raises(zlib.error):
        gzip.decompress(bad)
    with pytest.raises(ImportFileError, match="cut or damaged"):
        list(read_rows(write(tmp_path / "p.jsonl.gz", bad)))


def test_all_frames_of_a_zstd_file_are_read(tmp_path: Path) -> None:
    data = zstandard.compress(JSONL.encode()) + zstandard.compress(JSONL.encode())
    assert len(pairs(list(read_rows(write(tmp_path / "p.jsonl.zst", data))))) == 2


def test_text_that_is_not_utf_8_is_named_with_its_line(tmp_path: Path) -> None:
    data = "query,title\na,T\nb,caf\u00e9\n".encode("cp1252")
    first, second = read_rows(write(tmp_path / "p.csv", data))
    assert isinstance(first, PairRow)
    assert (second.line, getattr(second, "message", "")) == (3, "title is not UTF-8")
    (row,) = read_rows(write(tmp_path / "p.jsonl", b'{"query":"a","title":"caf\xe9"}\n'))
    assert "not UTF-8 at byte 26" in getattr(row, "message", "")


def test_a_file_may_grow_a_little_but_not_without_end() -> None:
    Growth(10).add(FREE_GROWTH)
    with pytest.raises(Unreadable, match="500 times its size"):
        Growth(10).add(FREE_GROWTH + 1)
    Growth(FREE_GROWTH).add(100 * FREE_GROWTH)


@given(st.binary(max_size=600), st.sampled_from(["a.csv", "a.JSONL.GZ", "a.parquet", "a.b"]))
def test_no_bytes_crash_the_look(head: bytes, name: str) -> None:
    with suppress(ImportFileError):
        assert look(name, head).kind
