"""Records with line numbers out of CSV, JSONL and Parquet, streamed. No Django."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from annotation.importers.json_array import array_elements
from annotation.importers.rows import ImportFileError, RowError

Record = Mapping[str, Any]
Records = Iterator[tuple[int, Record | RowError]]

MAX_LINE = 8 * 1024 * 1024  # bytes; a longer line is an error, not a full memory
_BATCH = 1000

_EXACT = {str, int, bool, type(None)}

csv.field_size_limit(MAX_LINE)


def records(path: Path, delimiter: str = "") -> Records:
    """By extension: .csv, .tsv, .jsonl, .json (all also .gz, .zst, .zstd) and .parquet.

    ``delimiter`` overrides the extension's.

    Raises:
        ImportFileError: no such file, an unknown extension, or no readable header.
    """
    if not path.is_file():
        raise ImportFileError(f"there is no file {path.name}")
    kind = file_kind(path)
    if kind == "parquet":
        return parquet_records(path)
    if kind == "jsonl":
        return jsonl_records(path)
    if kind == "json":
        return json_array_records(path)
    return csv_records(path, delimiter or ("\t" if kind == "tsv" else ","))


def file_kind(path: Path) -> str:
    """csv, tsv, jsonl, json or parquet."""
    suffixes = [s.lower().lstrip(".") for s in path.suffixes]
    if suffixes and suffixes[-1] in ("gz", "zst", "zstd"):
        suffixes.pop()
    kind = suffixes[-1] if suffixes else ""
    kind = "jsonl" if kind == "ndjson" else kind
    if kind not in ("csv", "tsv", "jsonl", "json", "parquet"):
        raise ImportFileError(f"{path.name}: expected .csv, .tsv, .jsonl, .json or .parquet")
    return kind


def row_total(path: Path) -> int | None:
    """Rows for a progress bar: exact for Parquet, about right for plain text, else None."""
    if path.suffix == ".parquet":
        with _parquet(path) as file:
            return int(file.metadata.num_rows)
    if path.suffix not in (".csv", ".tsv", ".jsonl"):
        return None
    with path.open("rb") as stream:
        return sum(block.count(b"\n") for block in iter(lambda: stream.read(1 << 20), b""))


def csv_records(path: Path, delimiter: str) -> Records:
    with open_bytes(path) as raw:
        # Undecodable bytes become surrogates, which the row check reports with their line.
        text = io.TextIOWrapper(raw, "utf-8-sig", errors="surrogateescape", newline="")
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        header: list[str] | None = None
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                break
            except (csv.Error, EOFError, OSError) as error:
                yield line, RowError(line, f"not CSV: {error}")
                if isinstance(error, csv.Error):
                    continue
                break
            if header is None:
                header = [cell.strip() for cell in cells]
            elif len(cells) == len(header):
                yield line, dict(zip(header, cells, strict=True))
            elif cells:
                message = f"{len(cells)} fields, but the header has {len(header)}"
                yield line, RowError(line, message)
        if header is None:
            raise ImportFileError(f"{path.name} is empty")


def jsonl_records(path: Path) -> Records:
    with open_bytes(path) as raw:
        line = 0
        while True:
            line += 1
            try:
                data = raw.readline(MAX_LINE + 1)
            except (EOFError, OSError, zstandard.ZstdError) as error:
                yield line, RowError(line, f"the file is cut or damaged: {error}")
                return
            if not data:
                return
            if len(data) > MAX_LINE:
                yield line, RowError(line, f"a line longer than {MAX_LINE} bytes")
                return
            if not data.isspace():
                yield line, _json_record(line, data)


def parquet_records(path: Path) -> Records:
    row = 0
    with _parquet(path) as file:
        try:
            for batch in file.iter_batches(batch_size=_BATCH):
                for record in batch.to_pylist():
                    row += 1
                    yield row, record
        except (pa.ArrowException, OSError) as error:
            yield row + 1, RowError(row + 1, f"damaged after row {row}: {error}")


def json_array_records(path: Path) -> Records:
    """The objects of one JSON array; the "line" is the element's number."""
    with open_bytes(path) as raw:
        text = io.TextIOWrapper(raw, "utf-8-sig", errors="surrogateescape")
        number = 0
        try:
            for number, element in enumerate(array_elements(text, MAX_LINE), 1):
                good = isinstance(element, dict)
                yield number, element if good else RowError(number, "expected an object")
        except (ValueError, RecursionError, EOFError, OSError, zstandard.ZstdError) as error:
            yield number + 1, RowError(number + 1, f"not a JSON array: {error}")


def open_bytes(path: Path) -> IO[bytes]:
    """The file, decompressed by extension."""
    if path.suffix == ".gz":
        return io.BufferedReader(gzip.open(path))
    if path.suffix in (".zst", ".zstd"):
        stream = zstandard.ZstdDecompressor().stream_reader(path.open("rb"))
        return io.BufferedReader(stream)
    return path.open("rb")


def _parquet(path: Path) -> Any:
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise ImportFileError(f"{path.name} is not Parquet: {error}") from error


def _json_record(line: int, data: bytes) -> Record | RowError:
    try:
        record = _json(data)
    except RecursionError:
        return RowError(line, "not JSON: nested too deeply")
    except json.JSONDecodeError as error:
        return RowError(line, f"not JSON: {error.msg} at column {error.colno}")
    except ValueError as error:
        return RowError(line, f"not JSON: {error}")
    if not isinstance(record, dict):
        return RowError(line, "expected an object")
    return record


def _json(data: bytes) -> Any:
    """As the standard library reads it, and says what is wrong; orjson is faster where it reads
    the same."""
    try:
        found = orjson.loads(data)
        if type(found) is dict and _EXACT.issuperset(map(type, found.values())):
            return found
        if not _maybe_rounded(found):
            return found
    except (orjson.JSONDecodeError, RecursionError):
        pass
    return json.loads(data)


def _maybe_rounded(value: Any) -> bool:
    """orjson makes a float of an integer that has more than 64 bits."""
    if isinstance(value, float):
        return abs(value) >= 2**63
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return False
    return any(map(_maybe_rounded, value))
