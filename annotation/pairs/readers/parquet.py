"""Rows out of Parquet, a batch at a time; the memory is bounded whatever the file says.

A text that repeats is stored once in Parquet, so a small file can name one of megabytes in
every row. Texts are therefore read as dictionaries: the size of a batch is known before it is
decoded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from annotation.pairs.readers.columns import Columns
from annotation.pairs.readers.opening import Growth, Unreadable
from annotation.pairs.readers.rows import MAX_ATTRIBUTES, ImportFileError, RowError

_BATCH = 1000
_DECODED = 64 * 1024 * 1024  # bytes of text that are decoded at once
_ROWS_A_BYTE = 10  # more rows than that for a byte of the file hold nothing
_NOT_UTF8 = b"\xff"


def parquet_total(path: Path) -> int:
    with _opened(path) as file:
        return int(file.metadata.num_rows)


def parquet_records(
    path: Path, columns: Columns
) -> Iterator[tuple[int, Mapping[str, Any] | RowError]]:
    with _opened(path) as file:
        names = columns.header(path, file.schema_arrow.names)
        size = path.stat().st_size
        try:
            _check(file, set(names), size)
        except Unreadable as error:
            raise ImportFileError(f"{path.name}: {error}") from error
        texts = _text_paths(file.schema, set(names))
    row = 0
    with _opened(path, texts) as file:
        try:
            growth = Growth(size)
            for batch in file.iter_batches(batch_size=_BATCH, columns=names):
                growth.add(_size(batch))
                for part in _parts(batch):
                    for values in zip(*map(_values, part.columns), strict=True):
                        row += 1
                        yield row, dict(zip(part.schema.names, values, strict=True))
        except (pa.ArrowException, OSError) as error:
            yield row + 1, RowError(row + 1, f"damaged after row {row}: {error}")
        except Unreadable as error:
            yield row + 1, RowError(row + 1, str(error))


def _opened(path: Path, texts: list[str] | None = None) -> Any:
    try:
        return pq.ParquetFile(path, read_dictionary=texts)
    except (pa.ArrowException, OSError) as error:
        raise ImportFileError(f"{path.name} is not Parquet, or damaged: {error}") from error


def _check(file: Any, names: set[str], size: int) -> None:
    """What can be known before anything is read."""
    if file.metadata.num_rows > _ROWS_A_BYTE * size:
        raise Unreadable("it names more rows than a file of its size can hold")
    growth = Growth(size)
    for number in range(file.metadata.num_row_groups):
        group = file.metadata.row_group(number)
        for chunk in map(group.column, range(group.num_columns)):
            if chunk.path_in_schema.partition(".")[0] in names:
                growth.add(chunk.total_uncompressed_size)
                if chunk.num_values > 2 * MAX_ATTRIBUTES * group.num_rows:
                    raise Unreadable(f"more than {2 * MAX_ATTRIBUTES} values a row")


def _text_paths(schema: Any, names: set[str]) -> list[str]:
    leaves = map(schema.column, range(len(schema)))
    return [
        leaf.path
        for leaf in leaves
        if leaf.path.partition(".")[0] in names
        and leaf.physical_type == "BYTE_ARRAY"
        and leaf.converted_type != "DECIMAL"
    ]


def _size(array: Any) -> int:
    """Bytes once decoded."""
    if isinstance(array, pa.RecordBatch):
        return sum(map(_size, array.columns))
    if pa.types.is_dictionary(array.type):
        return pc.sum(pc.take(pc.binary_length(array.dictionary), array.indices)).as_py() or 0
    if pa.types.is_map(array.type):
        return _size(array.keys) + _size(array.items)
    if pa.types.is_struct(array.type):
        return sum(map(_size, array.flatten()))
    if pa.types.is_list(array.type) or pa.types.is_large_list(array.type):
        return _size(array.flatten())
    return int(array.nbytes)


def _parts(batch: Any) -> Iterator[Any]:
    """Slices that are small once decoded; a row alone may be large."""
    if batch.num_rows == 1 or _size(batch) <= _DECODED:
        yield batch
    else:
        half = batch.num_rows // 2
        yield from _parts(batch.slice(0, half))
        yield from _parts(batch.slice(half))


def _values(array: Any) -> list[Any]:
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    try:
        return list(array.to_pylist())
    except (ValueError, OverflowError):  # bytes that are no text, a date that no calendar has
        return [_value(scalar) for scalar in array]


def _value(scalar: Any) -> Any:
    try:
        return scalar.as_py()
    except UnicodeDecodeError:
        return _NOT_UTF8  # the row check names it with its row
    except (ValueError, OverflowError):
        return float("inf")  # likewise
