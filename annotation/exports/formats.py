"""What an export format is, which records it takes, and the table of all formats."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from annotation.cot.errors import Invalid
from annotation.cot.splits import SPLITS
from annotation.cot.wording import listing
from annotation.cot.wording import wording as _
from annotation.models import Project

Record = dict[str, Any]
Progress = Callable[[int], None]
FILTERS = ("split", "policy")


@dataclass(frozen=True, slots=True)
class ExportFilter:
    """Which rows of a project; "" means all."""

    project: Project
    split: str = ""
    policy: str = ""

    @classmethod
    def of(cls, project: Project, chosen: Mapping[str, Any]) -> ExportFilter:
        """
        Raises:
            Invalid: an unknown key or split, or a value that is no text.
        """
        if unknown := sorted(set(chosen) - set(FILTERS)):
            raise Invalid(
                _(
                    "unknown filter '%(name)s'; known are %(those)s",
                    name=unknown[0],
                    those=listing(FILTERS),
                )
            )
        if wrong := [name for name, value in chosen.items() if not isinstance(value, str)]:
            raise Invalid(_("%(name)s must be text", name=wrong[0]))
        split = chosen.get("split", "")
        if split and split not in SPLITS:
            raise Invalid(_("split must be one of %(those)s", those=listing(SPLITS)))
        return cls(project, split, chosen.get("policy", ""))


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """``write`` makes the file (or folder, where ``folder``) from streamed records.

    ``total`` is the most records it can have, for the progress. ``lint``: the records carry
    labels, so their leaks are worth measuring. ``notes`` says what had to be left out, and what
    else whoever reads it must know.
    """

    name: str
    about: str
    suffix: str
    total: Callable[[ExportFilter], int]
    records: Callable[[ExportFilter], Iterator[Record]]
    write: Callable[[Path, Iterable[Record]], None]
    lint: bool = False
    folder: bool = False
    notes: Callable[[ExportFilter], list[str]] = lambda chosen: []


def formats() -> dict[str, ExportFormat]:
    """Name -> format, of every table that ``EXPORT_FORMATS`` names.

    The training formats know prompts, which this app does not; so the settings name the tables
    and no import goes back.
    """
    return _formats(tuple(settings.EXPORT_FORMATS))


def notes_of(format: ExportFormat, chosen: ExportFilter, written: int) -> list[str]:
    """Of an export with so many records: the format's own, and those of every function that
    ``EXPORT_NOTES`` names."""
    general = [import_string(name) for name in settings.EXPORT_NOTES]
    lines = [line for notes in (format.notes, *general) for line in notes(chosen)]
    if not written:
        lines.insert(0, "there is nothing to export yet: no row fits this format and filter")
        if format.folder:
            lines[0] += "; load_dataset opens an empty split with streaming=True alone"
    return lines


def format_named(name: str) -> ExportFormat:
    """
    Raises:
        Invalid: there is no such format.
    """
    wanted = formats().get(name)
    if wanted is None:
        raise Invalid(_("format must be one of %(those)s", those=listing(formats())))
    return wanted


@lru_cache
def _formats(tables: tuple[str, ...]) -> dict[str, ExportFormat]:
    return {each.name: each for table in tables for each in import_string(table)}
