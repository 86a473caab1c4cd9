"""What an import format is, and the table of all formats."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.module_loading import import_string

from annotation.cot.splits import SPLITS
from annotation.pairs.readers.columns import Columns
from annotation.pairs.readers.cot_mapping import parse_cot_mapping
from annotation.pairs.readers.mapping import parse_mapping
from annotation.pairs.readers.opening import ENCODINGS, KINDS, file_look
from annotation.pairs.readers.rows import ImportFileError, Rows
from annotation.pairs.readers.scale import parse_scale

if TYPE_CHECKING:
    from annotation.pairs.report import ImportReport

Progress = Callable[[int, int | None], None]
# A service that imports a file, called as annotation.pairs.write.pairs_import is.
Importer = Callable[..., "ImportReport"]
NATIVE = "native"
MAX_OPTION, MAX_JSON = 1000, 100_000  # characters
EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ImportOption:
    """What a format may be told beside its file, by this name at every door. ``file`` is a
    further file, ``json`` a text that may be long; ``check`` raises ImportFileError for a text
    that means nothing. ``stored``: it is about what is kept, and no reader is told it."""

    name: str
    help: str
    file: bool = False
    choices: tuple[str, ...] = ()
    check: Callable[[str], object] = lambda text: None
    json: bool = False
    stored: bool = False

    @property
    def longest(self) -> int:
        return MAX_JSON if self.json else MAX_OPTION

    def value_check(self, value: Any) -> None:
        """
        Raises:
            ImportFileError: it means nothing.
        """
        if self.choices and value not in self.choices:
            raise ImportFileError(f"{self.name} must be one of {', '.join(self.choices)}")
        if not self.file:
            self.check(str(value))


SPLIT = ImportOption("split", "put every row into this split", choices=SPLITS, stored=True)
PRODUCTS = ImportOption("products", "the file of products", file=True)
QUERIES = ImportOption("queries", "the file of queries", file=True)
SCALE = ImportOption("scale", "the tier of each grade, like 0=1,1=4", check=parse_scale)
LOCALE = ImportOption("locale", "keep this market alone: us, es or jp")
ORIGIN = ImportOption("origin", "the server that the file's people are from", stored=True)
ENCODING = ImportOption("encoding", "of a text that is not UTF-8", choices=ENCODINGS)
MAPPING = ImportOption(
    "mapping",
    'which column is what, as JSON like {"query": "Search", "title": "Name"}',
    check=parse_mapping,
    json=True,
)
PARTS = ImportOption(
    "parts",
    'which column or path is what, as JSON like {"query": "inputs.query", "text": "output"}',
    check=parse_cot_mapping,
    json=True,
)
WRITER = ImportOption("writer", "who wrote the chains of thought; default own", stored=True)


@dataclass(frozen=True, slots=True)
class ImportFormat:
    """``read`` makes rows of a file of one of the kinds ``suffixes``, ``run`` imports them.

    ``takes`` are its options; ``needs`` names those of them that an upload, beside which no
    other file lies, must bring. ``columns``, where the columns are ours, tells which ones
    nobody reads. ``doc`` is the heading in docs/importing.md.
    """

    name: str
    label: str
    doc: str
    read: Callable[..., Generator[Any, None, None]]
    run: Importer
    takes: tuple[ImportOption, ...] = (SPLIT,)
    needs: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = KINDS
    columns: Callable[..., Columns] | None = None

    def kind_check(self, name: str, kind: str) -> None:
        """
        Raises:
            ImportFileError: no file of this kind has such rows.
        """
        if kind not in self.suffixes:
            kinds = ", ".join(f".{suffix}" for suffix in self.suffixes)
            raise ImportFileError(f"{name}: {self.name} is read from {kinds}, not .{kind}")

    def files_check(self, given: Collection[str]) -> None:
        """
        Raises:
            ImportFileError: a further file that an upload needs is not among them.
        """
        if missing := [name for name in self.needs if name not in given]:
            raise ImportFileError(
                f"{self.name} needs {' and '.join(missing)}: upload them with the file"
            )

    def options_check(self, given: Mapping[str, Any]) -> None:
        """
        Raises:
            ImportFileError: an option that this format does not take, or that means nothing.
        """
        known = {option.name: option for option in self.takes}
        if foreign := [name for name in given if name not in known]:
            raise ImportFileError(f"{self.name} does not take {', '.join(foreign)}")
        for name, value in given.items():
            known[name].value_check(value)

    def columns_for(
        self, *, as_attributes: bool, options: Mapping[str, Any] = EMPTY
    ) -> Columns | None:
        """What tells after reading which columns were not used; None where the format decides.

        Raises:
            ImportFileError: ``as_attributes`` where the format decides.
        """
        if self.columns is not None:
            own = {o.name: options[o.name] for o in (MAPPING, ENCODING) if o.name in options}
            return self.columns(as_attributes=as_attributes, **own)
        if as_attributes:
            raise ImportFileError(f"{self.name} does not take unknown columns as attributes")
        return None


def formats() -> dict[str, ImportFormat]:
    """Name -> format, of every table that ``IMPORT_FORMATS`` names: what becomes labels is
    imported by rooms that know this one."""
    return _formats(tuple(settings.IMPORT_FORMATS))


def format_named(name: str) -> ImportFormat:
    """
    Raises:
        ImportFileError: there is no such format.
    """
    wanted = formats().get(name)
    if wanted is None:
        raise ImportFileError(f"adapter must be one of {', '.join(formats())}")
    return wanted


def options() -> dict[str, ImportOption]:
    """All that any format takes, by name."""
    return {option.name: option for each in formats().values() for option in each.takes}


def takers(option: ImportOption) -> str:
    """The formats that take it, for help texts; "" where all do."""
    names = [each.name for each in formats().values() if option in each.takes]
    return "" if len(names) == len(formats()) else ", ".join(names)


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the options that were named: an empty field of a form is none."""
    return {name: values[name] for name in options() if values.get(name)}


def read_rows(
    path: Path,
    adapter: str = "native",
    *,
    columns: Columns | None = None,
    gold: bool = True,
    **chosen: Any,
) -> Rows:
    """The rows of a file; without ``gold`` human values are left out, where they can be.

    Raises:
        ImportFileError: an unknown adapter or option, or a file of another kind; while
            iterating: an unreadable file.
    """
    format = format_named(adapter)
    more = {name: value for name, value in chosen.items() if value is not None}
    format.options_check(more)
    more = {
        option.name: more[option.name]
        for option in format.takes
        if option.name in more and not option.stored
    }
    if path.is_file():
        format.kind_check(path.name, file_look(path).kind)
    if columns is not None:
        more["columns"] = columns
    if not gold:
        more["gold"] = False
    return format.read(path, **more)


@lru_cache
def _formats(tables: tuple[str, ...]) -> dict[str, ImportFormat]:
    return {each.name: each for table in tables for each in import_string(table)}
