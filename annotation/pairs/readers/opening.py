"""A file's bytes as UTF-8 text: what it is, unpacked and within bounds. No Django.

The one place that looks at names, first bytes, compression and encoding; readers get text.
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import IO, NamedTuple

import zstandard

from annotation.pairs.readers.rows import ImportFileError

MAX_LINE = 8 * 1024 * 1024  # bytes of a line, of a row, and of blanks in a row
MAX_GROWTH = 500  # times its own size that a file may unpack to, once past FREE_GROWTH
FREE_GROWTH = 256 * 1024 * 1024
HEAD = 512  # bytes that tell what a file is
KINDS = ("csv", "tsv", "jsonl", "json", "parquet")
# What spreadsheets write besides UTF-8, in the names that Python knows.
ENCODINGS = (
    "windows-1252", "gb18030", "big5", "shift_jis", "euc-kr", "windows-1250", "windows-1251",
)  # fmt: skip

_BLOCK = 1 << 16
_LEADING_MARKS = re.compile(rb"(?:\xef\xbb\xbf)*")
# A piece of this size unpacks to 32 MB at most: zstd writes 128 KB as four bytes.
_ZSTD_PIECE = 1024
_PACKINGS = {"gz": "gzip", "zst": "zstd", "zstd": "zstd"}
_PACKED = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_EXCEL = "an Excel workbook, not CSV: save the sheet as CSV (UTF-8)"
_OTHERS = {
    b"PK\x03\x04": f"a zip archive or {_EXCEL}, or unpack it",
    b"\xd0\xcf\x11\xe0": _EXCEL,
    b"BZh": "compressed with bzip2: unpack it, or use gzip or zstd",
    b"\xfd7zXZ": "compressed with xz: unpack it, or use gzip or zstd",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive: unpack it",
    b"%PDF-": "a PDF",
    b"version https://git-lfs.": "a Git LFS pointer, not the file itself: run git lfs pull",
    b"/annex/objects/": "a git-annex pointer, not the file itself: run git annex get",
}
_MARKS = (
    (codecs.BOM_UTF8, ""),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class Unreadable(Exception):
    """From here on nothing of the file can be read; the message says why."""


class Look(NamedTuple):
    kind: str  # one of KINDS
    packing: str  # "", "gzip" or "zstd"
    encoding: str = ""  # "" is UTF-8, or not told by a mark at the beginning


def file_look(path: Path) -> Look:
    """What a file is, by its name and its first bytes.

    Raises:
        ImportFileError: no such file, or none that can be read.
    """
    if not path.is_file():
        raise ImportFileError(f"there is no file {path.name}")
    with path.open("rb") as stream:
        return look(path.name, stream.read(HEAD))


def look(name: str, head: bytes) -> Look:
    """As :func:`file_look`, of bytes that are at hand."""
    for magic, other in _OTHERS.items():
        if head.startswith(magic):
            raise ImportFileError(f"{name} is {other}")
    kind, packing, _ = _named(name)
    if head.startswith(b"PAR1"):
        return Look("parquet", "")
    content = next((packed for magic, packed in _PACKED.items() if head.startswith(magic)), "")
    if kind == "parquet":
        what = f"compressed with {content}: unpack it" if content else "not Parquet"
        raise ImportFileError(f"{name} is {what}")
    if packing and packing != content:
        raise ImportFileError(
            f"{name} is not a {packing} file: name it as what it is, without .{_suffix(name)}"
        )
    marked = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), "")
    return Look(kind, content, marked)


def packed_name(name: str) -> bool:
    return bool(_named(name).packing)


def kind_of(name: str) -> str:
    """One of KINDS by the name, "" for none."""
    try:
        return _named(name).kind
    except ImportFileError:
        return ""


def open_text(path: Path, file: Look) -> io.BufferedReader:
    """The file as UTF-8 bytes without byte order marks at its beginning. JSON, in which no
    other is of meaning, has one kind of line end. Reading on may raise ``Unreadable``.

    Raises:
        ImportFileError: what is in it is not text.
    """
    size = path.stat().st_size
    blocks = _checked(_blocks(path, file.packing))
    try:
        head, blocks = _begin(blocks)
        _refuse_archive(path.name, head)
        blocks = _unmarked(_recoded(path.name, head, blocks, file.encoding))
        blocks = _bounded(blocks, size, lines=file.kind != "json")
        if file.kind in ("json", "jsonl"):
            blocks = _line_feeds(blocks)
        return io.BufferedReader(_Stream(blocks), _BLOCK)
    except Unreadable as error:
        raise ImportFileError(f"{path.name}: {error}") from error


class Growth:
    """Counts what a file unpacks to and refuses what no file of rows would."""

    def __init__(self, size: int, most: int | None = None) -> None:
        self._limit = max(FREE_GROWTH, size * MAX_GROWTH)
        self._by_size = most is None or self._limit <= most
        if most is not None:
            self._limit = min(self._limit, most)
        self._total = 0

    def add(self, count: int) -> None:
        self._total += count
        if self._total > self._limit:
            raise Unreadable(
                f"it unpacks to more than {MAX_GROWTH} times its size, as no file of rows does"
                if self._by_size
                else f"it unpacks to more than {self._limit // 1024**3} GB"
            )


def _named(name: str) -> Look:
    suffixes = [suffix.lower().lstrip(".") for suffix in Path(name).suffixes]
    packing = _PACKINGS.get(suffixes[-1], "") if suffixes else ""
    if packing:
        suffixes.pop()
    kind = suffixes[-1] if suffixes else ""
    kind = "jsonl" if kind == "ndjson" else kind
    if kind not in KINDS:
        raise ImportFileError(f"{name}: expected .csv, .tsv, .jsonl, .json or .parquet")
    return Look(kind, packing)


def _suffix(name: str) -> str:
    return name.rpartition(".")[2]


def _blocks(path: Path, packing: str) -> Iterator[bytes]:
    with path.open("rb") as raw:
        if packing == "zstd":
            yield from _unzstd(raw)
            return
        stream = gzip.GzipFile(fileobj=raw) if packing == "gzip" else raw
        while block := stream.read(_BLOCK):
            yield block


def _unzstd(raw: IO[bytes]) -> Iterator[bytes]:
    """All frames. The library's stream reader takes a cut file for a whole one."""
    frame: zstandard.ZstdDecompressionObj | None = None
    while piece := raw.read(_ZSTD_PIECE):
        while piece:
            frame = frame or zstandard.ZstdDecompressor().decompressobj()
            yield frame.decompress(piece)
            piece = frame.unused_data if frame.eof else b""
            frame = None if frame.eof else frame
    if frame is not None:
        raise EOFError("its end is missing")


def _checked(blocks: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from blocks
    except (EOFError, OSError, zlib.error, zstandard.ZstdError) as error:
        raise Unreadable(f"the file is cut or damaged: {error}") from error


def _begin(blocks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes, and all blocks."""
    head = b""
    for block in blocks:
        head += block
        if len(head) >= HEAD:
            break
    return head[:HEAD], chain([head], blocks)


def _refuse_archive(name: str, head: bytes) -> None:
    inner = (*_OTHERS, *_PACKED, b"PAR1")
    if head[257:262] == b"ustar" or head.startswith(inner):
        raise ImportFileError(f"{name} holds an archive or a packed file: unpack it first")


def _recoded(name: str, head: bytes, blocks: Iterator[bytes], chosen: str) -> Iterator[bytes]:
    """As UTF-8; a mark counts for more than what a person has ``chosen``."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return _transcoded(encoding, blocks) if encoding else blocks
    if chosen:
        return _transcoded(chosen, blocks)
    nulls = max(head[0::2].count(0), head[1::2].count(0))
    if nulls > len(head) // 4:
        raise ImportFileError(f"{name} is UTF-16 without a mark, or not text: save it as UTF-8")
    return blocks


def _unmarked(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Every program that a file went through may have put a mark of its own before it."""
    head = b""
    for block in blocks:
        head += block
        marks = _LEADING_MARKS.match(head)
        head = head[marks.end() :] if marks else head
        if len(head) >= len(codecs.BOM_UTF8):
            break
    yield head
    yield from blocks


def _line_feeds(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """CR LF and CR alone, as of old Macs, become LF."""
    within = False  # a CR LF
    for block in blocks:
        if within and block.startswith(b"\n"):
            block = block[1:]
        within = block.endswith(b"\r")
        yield block.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in block else block


def _transcoded(encoding: str, blocks: Iterable[bytes]) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for block in blocks:
            yield decoder.decode(block).encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeDecodeError as error:
        raise Unreadable(f"it is not {encoding.upper()} throughout") from error


def _bounded(blocks: Iterable[bytes], size: int, *, lines: bool) -> Iterator[bytes]:
    growth, line, blank = Growth(size), 0, 0
    for block in blocks:
        growth.add(len(block))
        blank = blank + len(block) if block.isspace() else 0
        ended = max(block.rfind(b"\n"), block.rfind(b"\r"))
        line = len(block) - ended - 1 if ended >= 0 else line + len(block)
        if blank > MAX_LINE:
            raise Unreadable(f"more than {MAX_LINE} bytes of blanks")
        if lines and line > MAX_LINE + _BLOCK:
            raise Unreadable(f"a line longer than {MAX_LINE} bytes")
        yield block


class _Stream(io.RawIOBase):
    """Blocks as a stream."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks, self._rest = blocks, memoryview(b"")

    def readable(self) -> bool:
        return True

    # The base takes any writable buffer; BufferedReader, the one caller, gives a memoryview.
    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._rest = memoryview(block)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
