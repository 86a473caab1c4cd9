"""How a file would be read by what was chosen: the first pairs, or why not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from annotation.cot.errors import StepwiseError
from annotation.cot.step_names import NAMES, VALUE_NAMES
from annotation.cot.steps import CotParseError, Layout, StepKind, parse
from annotation.pairs.column_guess import meant_twice
from annotation.pairs.drafts import draft_files
from annotation.pairs.formats import ENCODING, format_named
from annotation.pairs.preview import first_rows
from annotation.pairs.readers.cot_mapping import CotRow
from annotation.pairs.readers.opening import ENCODINGS
from annotation.pairs.readers.rows import PairRow, RowError
from annotation.people.language import refusal_words
from annotation.starting.choices import TIER_NAMES
from annotation.starting.columns import ColumnChoices


class CotView:
    """A chain of thought as it would be stored, and why it does not parse."""

    def __init__(self, row: CotRow, project: Layout) -> None:
        self.row, self.problem = row, ""
        self.text, layout = row.written(project)
        try:
            parse(self.text, layout)
        except CotParseError as error:
            self.problem = str(error)


class PlanView:
    """What the page shows beside the choices; ``problems`` are in words for people."""

    def __init__(self, choices: ColumnChoices) -> None:
        self.choices, self.meanings, self.tiers = choices, choices.words, TIER_NAMES
        takes = format_named(choices.job.adapter).takes
        self.encodings = ENCODINGS if ENCODING in takes else ()
        self.pairs: list[tuple[PairRow, list[tuple[Promise, Promise]]]] = []
        self.cots: list[CotView] = []
        self.errors: list[RowError] = []
        self.problems: list[str] = list(_problems(choices))
        if self.problems:
            return
        try:
            format = format_named(choices.job.adapter)
            format.files_check([*choices.options, *choices.job.files])
            format.options_check(choices.options)
            rows = first_rows(choices.job, choices.options)
        except StepwiseError as error:
            self.problems.append(refusal_words(error))
            return
        self.pairs = [(row, _named(row.gold)) for row in rows if isinstance(row, PairRow)]
        layout = choices.job.project.cot_layout
        self.cots = [CotView(row, layout) for row in rows if isinstance(row, CotRow)]
        self.errors = [row for row in rows if isinstance(row, RowError)]

    @property
    def files_here(self) -> list[str]:
        return list(self.choices.job.files)

    @property
    def files_unused(self) -> list[str]:
        """Uploaded, and of no use to the format."""
        job = self.choices.job
        if Path(job.path).is_dir():
            return []
        used = {job.path, *job.files.values()}
        return [path.name for path in draft_files(job) if str(path) not in used]

    @property
    def files_missing(self) -> list[str]:
        taken = format_named(self.choices.job.adapter).takes
        return [o.name for o in taken if o.file and o.name not in self.choices.job.files]


def _named(values: Mapping[str, str]) -> list[tuple[Promise, Promise]]:
    return [(NAMES[StepKind(int(kind))], VALUE_NAMES[value]) for kind, value in values.items()]


def _problems(choices: ColumnChoices) -> list[str]:
    preview, made = choices.preview, []
    if preview.problem:
        made.append(preview.problem)
    elif not preview.rows:
        made.append(_("The file has no rows: there is nothing to import."))
    if not choices.mapped:
        return made
    for field, columns in meant_twice(preview.names, choices.meanings):
        values = {"columns": ", ".join(columns), "meaning": choices.words[field]}
        made.append(_("%(columns)s: only one column can be %(meaning)s.") % values)
    made += choices.missing()
    if name := choices.many_grades:
        text = _("%(column)s has too many different values to be a grade.")
        made.append(text % {"column": name})
    return made
