"""What waits for a lead, of every kind and project, the most urgent first.

A kind is one row of ``KINDS``: how its entries are read, and in which order they come. What
spoils data now stands before what holds data back, and that before what can wait a day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Model
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from annotation.cot.step_names import NAMES
from annotation.cot.steps import StepKind
from annotation.models import Flag, GoldDispute, Project
from annotation.quality.drops import alpha_drops_kept
from annotation.quality.pace import fast_people
from annotation.quality.stale_select import stale_counts


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to do. ``action``: the words of its button."""

    project: Project
    text: str
    action: str | Promise
    address: str


@dataclass(frozen=True, slots=True)
class Desk:
    """What the kinds read from: the projects with the counts of ``home_summary``."""

    rows: Sequence[Mapping[str, Any]]
    now: datetime | None

    @property
    def projects(self) -> list[Project]:
        return [row["project"] for row in self.rows]


def inbox(rows: Sequence[Mapping[str, Any]], now: datetime | None = None) -> list[Entry]:
    """In a fixed number of queries, however many projects there are."""
    desk = Desk(rows, now)
    return [entry for kind in KINDS for entry in kind(desk)]


def _fast(desk: Desk) -> Iterator[Entry]:
    projects = {project.pk: project for project in desk.projects}
    for row in fast_people(desk.now):
        text = _("%(name)s takes %(seconds)s s an item, over %(n)s items of the last 24 h.")
        values = {"name": row.username, "seconds": f"{row.seconds:.1f}", "n": row.n}
        project = projects[row.project_id]
        address = reverse("quality_person", args=[project.slug, row.person_id])
        yield Entry(project, text % values, gettext_lazy("Look at their work"), address)


def _split(desk: Desk) -> Iterator[Entry]:
    for row in desk.rows:
        if n := row["split"]:
            text = ngettext("%(n)s item is split.", "%(n)s items are split.", n) % {"n": n}
            yield _to_adjudication(row["project"], text)


def _passed(desk: Desk) -> Iterator[Entry]:
    for row in desk.rows:
        if n := row["passed"]:
            text = ngettext(
                "%(n)s item was passed by everybody.",
                "%(n)s items were passed by everybody.",
                n,
            )
            yield _to_adjudication(row["project"], text % {"n": n})


def _disputes(desk: Desk) -> Iterator[Entry]:
    counts = _counts(GoldDispute, "gold__project_id", state=GoldDispute.State.OPEN)
    for project in desk.projects:
        if n := counts.get(project.pk):
            text = ngettext(
                "%(n)s gold answer is disputed.", "%(n)s gold answers are disputed.", n
            )
            address = reverse("quality_gold", args=[project.slug])
            yield Entry(project, text % {"n": n}, gettext_lazy("Decide"), address)


def _flags(desk: Desk) -> Iterator[Entry]:
    counts = _counts(Flag, "item__project_id", settled_at=None)
    for project in desk.projects:
        if n := counts.get(project.pk):
            text = ngettext(
                "%(n)s flag waits for an answer.", "%(n)s flags wait for an answer.", n
            )
            address = reverse("flags", query={"project": project.slug})
            yield Entry(project, text % {"n": n}, gettext_lazy("Answer"), address)


def _alpha(desk: Desk) -> Iterator[Entry]:
    drops = alpha_drops_kept(desk.projects, desk.now)
    for project in desk.projects:
        if drop := drops.get(project.pk):
            text = _("Agreement on step %(step)s fell from %(before)s to %(now)s in a week.")
            step = f"{drop.kind} {NAMES[StepKind(drop.kind)]}"
            values = {"step": step, "before": f"{drop.before:.2f}", "now": f"{drop.now:.2f}"}
            address = reverse("quality_agreement", args=[project.slug], query={"by": "week"})
            yield Entry(project, text % values, gettext_lazy("See the agreement"), address)


def _stale(desk: Desk) -> Iterator[Entry]:
    counts = stale_counts(desk.projects)
    for project in desk.projects:
        if n := counts.get(project.pk):
            text = ngettext(
                "%(n)s decided rollout does not fit the guideline any more.",
                "%(n)s decided rollouts do not fit the guideline any more.",
                n,
            )
            address = reverse("quality_stale", args=[project.slug])
            yield Entry(project, text % {"n": n}, gettext_lazy("Ask again"), address)


KINDS: tuple[Callable[[Desk], Iterator[Entry]], ...] = (
    _fast,
    _split,
    _passed,
    _disputes,
    _flags,
    _alpha,
    _stale,
)


def _to_adjudication(project: Project, text: str) -> Entry:
    address = reverse("adjudication", query={"project": project.slug})
    return Entry(project, text, gettext_lazy("Decide"), address)


def _counts(model: type[Model], project: str, **wanted: Any) -> dict[int, int]:
    rows = model._default_manager.filter(**wanted).values_list(project)
    return dict(rows.annotate(n=Count("pk")))
