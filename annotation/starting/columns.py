"""What the choices of columns of every import have in common."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from django.utils.functional import Promise

from annotation.models import ImportJob
from annotation.pairs.column_guess import LEFT_OUT, tiers_guess
from annotation.pairs.formats import ENCODING, format_named
from annotation.pairs.preview import FileColumn, FilePreview, encoding_guess, file_preview

_TIER = "tier:"  # what a field of the form begins with, before the grade


@dataclass(frozen=True, slots=True)
class Choice:
    """A column with what it is taken for."""

    column: FileColumn
    meaning: str


@dataclass(frozen=True)
class ColumnChoices:
    """What a person has chosen for the columns of a file, or the first guess."""

    job: ImportJob
    preview: FilePreview
    meanings: Sequence[str]
    tiers: Mapping[str, str]
    encoding: str = ""
    told: Mapping[str, str] = field(default_factory=dict)

    words: ClassVar[Mapping[str, Promise]] = {}  # of every meaning
    graded: ClassVar[tuple[str, ...]] = ("tier",)  # the meanings that are grades
    template: ClassVar[str] = ""  # of what is chosen beside the columns

    @property
    def mapped(self) -> bool:
        """Whether columns are chosen at all."""
        return True

    @property
    def rows(self) -> list[Choice]:
        return [Choice(*each) for each in zip(self.preview.columns, self.meanings, strict=True)]

    @cached_property
    def grades(self) -> list[tuple[str, str]]:
        """(grade, tier) of the columns that are grades."""
        names = dict.fromkeys(grade for c in self.graded_columns for grade in c.grades)
        guessed = tiers_guess(list(names))
        return [(grade, self.tiers.get(grade, guessed[grade])) for grade in names]

    @property
    def many_grades(self) -> str:
        """The name of a column that is to be a grade and has too many values for one."""
        return next((c.name for c in self.graded_columns if c.examples and not c.grades), "")

    @property
    def graded_columns(self) -> list[FileColumn]:
        return [row.column for row in self.rows if row.meaning in self.graded]

    @property
    def plain_options(self) -> dict[str, str]:
        """Those that are text, and the encoding."""
        made = {name: text for name, text in self.told.items() if text}
        return made | ({ENCODING.name: self.encoding} if self.encoding else {})

    @cached_property
    def options(self) -> dict[str, str]:
        """As an import keeps them."""
        raise NotImplementedError

    def missing(self) -> list[str]:
        """What no column is, in words for people."""
        raise NotImplementedError


def meanings_posted(
    preview: FilePreview, post: Mapping[str, str], known: Collection[str]
) -> list[str]:
    """Of each column; what is none of ``known`` is left out."""
    chosen = (post.get(f"column-{at}", LEFT_OUT) for at in range(len(preview.columns)))
    return [meaning if meaning in known else LEFT_OUT for meaning in chosen]


def tiers_posted(post: Mapping[str, str]) -> dict[str, str]:
    """grade -> tier"""
    return {name.removeprefix(_TIER): post[name] for name in post if name.startswith(_TIER)}


def previewed(job: ImportJob, *, spread: bool = False) -> tuple[FilePreview, str]:
    """Read as what the import says, else as UTF-8, and where it is not that, by a guess, which
    the page shows beside what it makes of the text."""
    path, encoding = Path(job.path), job.options.get(ENCODING.name, "")
    preview = file_preview(path, encoding=encoding, spread=spread)
    if encoding or not preview.undecoded or path.is_dir():
        return preview, encoding
    if ENCODING not in format_named(job.adapter).takes:
        return preview, ""
    guessed = encoding_guess(path)
    return file_preview(path, encoding=guessed, spread=spread), guessed
