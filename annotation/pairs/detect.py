"""Which format uploaded files are of, and which of them is which, by their columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from annotation.pairs.formats import NATIVE, format_named
from annotation.pairs.preview import file_preview
from annotation.pairs.readers.archive import ZIP, is_zip, unpack
from annotation.pairs.readers.columns import Columns
from annotation.pairs.readers.rows import ImportFileError

_LOOKED_AT = 5  # rows

Needed = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """The columns that tell the ``main`` file of a format, and those of its further ones."""

    main: Needed
    beside: Mapping[str, Needed] = field(default_factory=dict)


# The most particular first. What fits none is a table whose columns a person names.
SIGNATURES: dict[str, Signature] = {
    "label-studio": Signature(("data", "annotations|predictions")),
    "esci": Signature(
        ("query", "product_id", "esci_label"),
        {"products": ("product_id|id|fields", "product_title|title|fields")},
    ),
    "wands": Signature(
        ("query_id", "product_id", "label"),
        {"queries": ("query_id", "query"), "products": ("product_id", "product_name")},
    ),
    "quepid": Signature(
        ("query", "docid", "rating|final_rating"), {"products": ("id", "title|name")}
    ),
}
# Several files of the same columns are parts of one; these formats read their folder.
FOLDERS = (NATIVE, "esci", "cots")


@dataclass(frozen=True, slots=True)
class Arranged:
    """``main`` is a file or a folder of parts; ``files``: option -> path; ``rest``: files that
    the format has no use for."""

    adapter: str
    main: Path
    files: dict[str, Path]
    rest: tuple[Path, ...] = ()


def detected(paths: Sequence[Path]) -> Arranged:
    """The format that the columns of the files tell, else our own with the first of them.

    Raises:
        ImportFileError: there is no file.
    """
    columns = _columns(paths)
    for adapter in SIGNATURES:
        if made := _arranged(adapter, columns):
            return made
    return _arranged(NATIVE, columns) or Arranged(NATIVE, paths[0], {}, tuple(paths[1:]))


@contextmanager
def unpacked(path: Path, adapter: str) -> Iterator[Arranged]:
    """A zip, unpacked for as long as it is read; anything else as it is.

    Raises:
        ImportFileError: it cannot be unpacked.
    """
    if not path.is_file():
        yield Arranged(adapter, path, {})
        return
    with path.open("rb") as file, TemporaryDirectory(prefix="stepwise-import-") as folder:
        head = file.read(len(ZIP))
        if not is_zip(path.name, head):
            yield Arranged(adapter, path, {})
            return
        file.seek(0)
        yield arranged(unpack(file, path.name, Path(folder)), adapter)


def arranged(paths: Sequence[Path], adapter: str) -> Arranged:
    """The same files as those of the format that a person has chosen.

    Raises:
        ImportFileError: there is no such format, or no file.
    """
    format_named(adapter)
    columns = _columns(paths)
    return _arranged(adapter, columns) or Arranged(adapter, paths[0], {}, tuple(paths[1:]))


def _columns(paths: Sequence[Path]) -> dict[Path, list[str]]:
    if not paths:
        raise ImportFileError("there is no file any more: upload it again")
    return {path: file_preview(path, _LOOKED_AT).names for path in paths}


def _arranged(adapter: str, columns: Mapping[Path, list[str]]) -> Arranged | None:
    """None where no file has the columns of the main one."""
    signature = SIGNATURES.get(adapter.removesuffix("-submissions"), Signature(()))
    if (main := _first(columns, signature.main)) is None:
        return None
    if (
        adapter in FOLDERS
        and len(columns) > 1
        and len(set(map(frozenset, columns.values()))) == 1
    ):
        return Arranged(adapter, main.parent, {})
    left = {path: names for path, names in columns.items() if path != main}
    files = {}
    for option, needed in signature.beside.items():
        if (beside := _first(left, needed)) is not None:
            files[option] = beside
            del left[beside]
    return Arranged(adapter, main, files, tuple(left))


def _first(columns: Mapping[Path, list[str]], needed: Needed) -> Path | None:
    wanted = Columns(needed)
    return next((path for path, names in columns.items() if not wanted.missing(names)), None)
