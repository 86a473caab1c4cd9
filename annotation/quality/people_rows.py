"""What each person did in a project, and how well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User

from annotation.cot.steps import StepKind
from annotation.deciding.fits_select import confusion_of
from annotation.labelling.gold_select import (
    gold_by_person,
    gold_by_week,
    pauses_of,
    project_pauses,
)
from annotation.models import Pause, Project
from annotation.people.roles import simulated_names
from annotation.quality.agreement import kappa_table
from annotation.quality.dashboard import Day, daily
from annotation.quality.progress import served_counts, throughput


@dataclass(frozen=True, slots=True)
class PersonNumbers:
    """``totals`` is the person's row of :func:`throughput`, None before the first submission;
    ``confusion``: step kind -> (decided, given) -> labels; ``kappa`` with each other person on
    the final step, most shared items first."""

    person: User
    served: Mapping[str, int]
    totals: dict[str, Any] | None
    gold_total: dict[str, Any] | None
    gold: list[dict[str, Any]]
    pauses: list[Pause]
    days: list[Day]
    confusion: dict[int, dict[tuple[str, str], int]]
    kappa: list[tuple[str, dict[str, Any]]]


def person_numbers(project: Project, person: User) -> PersonNumbers:
    name = person.get_username()
    kappa = [row for row in kappa_table(project, StepKind.FINAL) if name in row["pair"]]
    return PersonNumbers(
        person=person,
        served=served_counts(project, person),
        totals=next((row for row in throughput(project) if row["username"] == name), None),
        gold_total=gold_by_person(project).get(person.pk),
        gold=gold_by_week(project, person),
        pauses=pauses_of(person, project),
        days=daily(project, person),
        confusion=confusion_of(person, project),
        kappa=[(next(n for n in row["pair"] if n != name), row) for row in kappa],
    )


def people_rows(project: Project) -> list[dict[str, Any]]:
    """The rows of :func:`throughput` with ``pk``, ``gold`` (of first attempts, None without
    any), ``paused`` and ``simulated``."""
    gold = gold_by_person(project)
    paused = {row.annotator_id for row in project_pauses(project) if row.lifted_at is None}
    rows = throughput(project)
    names = [row["username"] for row in rows]
    ids = dict(User.objects.filter(username__in=names).values_list("username", "pk"))
    simulated = simulated_names(names)
    return [
        row
        | {
            "pk": pk,
            "gold": gold.get(pk),
            "paused": pk in paused,
            "simulated": row["username"] in simulated,
        }
        for row in rows
        for pk in [ids[row["username"]]]
    ]
