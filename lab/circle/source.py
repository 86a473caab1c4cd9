"""Where a circle's pairs and judgments come from: the built-in sample, or a file of ratings."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from django.contrib.auth.models import User

from annotation.models import Pair, Project
from annotation.people.roles import Role
from lab.compare.real.ratings import RatedPairs
from lab.simulate.people import AnswerFn, person_create


class CircleSource(Protocol):
    """``kinds`` are the steps that people judge, ``overlap`` of the ``annotators`` an item.
    ``foreign``: the shipped policy cannot speak of these products."""

    slug: str
    kinds: list[int]
    annotators: int
    overlap: int
    foreign: bool

    def pairs_load(self, project: Project, work_dir: Path) -> dict[str, int]:
        """Import through the ordinary importer; counts for the report."""
        ...

    def chosen(self, project: Project) -> list[Pair]:
        """The pairs whose rollouts people label."""
        ...

    def annotator(self, number: int) -> AnswerFn: ...

    def lead(self) -> AnswerFn: ...

    def extras(self, project: Project) -> dict[str, Any]:
        """Further lines for the report."""
        ...

    def rated(self) -> RatedPairs | None:
        """The ratings of people whose tiers other models can learn, where there are some."""
        ...


def crew(source: CircleSource) -> list[tuple[User, AnswerFn]]:
    """One account an annotator, and how it answers."""
    return [
        (
            person_create(username=f"{source.slug}-rater-{number + 1}", role=Role.ANNOTATOR),
            source.annotator(number),
        )
        for number in range(source.annotators)
    ]
