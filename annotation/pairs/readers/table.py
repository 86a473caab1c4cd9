"""Which reader an adapter's name means. One line an adapter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from annotation.pairs.readers import esci, label_studio, native, quepid, wands
from annotation.pairs.readers.columns import Columns
from annotation.pairs.readers.rows import ImportFileError, Rows

ADAPTERS: dict[str, Callable[..., Rows]] = {
    "native": native.read_rows,
    "wands": wands.read_rows,
    "esci": esci.read_rows,
    "quepid": quepid.read_rows,
    "label-studio": label_studio.read_rows,
}
# What can be uploaded; the others join several files.
ONE_FILE_ADAPTERS = ("native", "label-studio")

# Whose columns are ours, so that it is known which ones nobody reads.
_OURS = {"native": native.native_columns, "label-studio": label_studio.data_columns}


def columns_for(adapter: str, *, as_attributes: bool) -> Columns | None:
    """What tells after reading which columns were not used; None where the adapter decides.

    Raises:
        ImportFileError: ``as_attributes`` where the adapter decides.
    """
    if adapter in _OURS:
        return _OURS[adapter](as_attributes=as_attributes)
    if as_attributes:
        raise ImportFileError(f"{adapter} does not take unknown columns as attributes")
    return None


def read_rows(path: Path, adapter: str = "native", **options: Any) -> Rows:
    """The rows of a file. ``options`` name an adapter's further files.

    Raises:
        ImportFileError: unknown adapter or option; while iterating: an unreadable file.
    """
    reader = ADAPTERS.get(adapter)
    if reader is None:
        raise ImportFileError(f"adapter must be one of {', '.join(ADAPTERS)}")
    given = {name: value for name, value in options.items() if value is not None}
    try:
        return reader(path, **given)
    except TypeError as error:
        raise ImportFileError(f"{adapter} does not take {', '.join(given)}") from error
