"""Simulated people who stay at work: they label whatever comes until somebody stops them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth.models import User

from annotation.models import Project
from lab.simulate.people import AnswerFn, queue_work_off, splits_adjudicate

_PAUSE = 2.0  # seconds between two looks at an empty queue


@dataclass(frozen=True, slots=True)
class Crew:
    annotators: list[tuple[User, AnswerFn]]
    lead: User
    lead_answer: AnswerFn


def work(project: Project, crew: Crew, say: Callable[[str], None], *, stay: bool = True) -> int:
    """Label and adjudicate; with ``stay`` for ever, else until nothing is there. Returns the
    submissions and decisions."""
    total = 0
    while True:
        labelled = queue_work_off(project=project, people=crew.annotators)
        settled = splits_adjudicate(project=project, lead=crew.lead, answer=crew.lead_answer)
        total += labelled + settled
        if labelled or settled:
            say(f"{labelled} submissions, {settled} splits decided")
        elif not stay:
            return total
        else:
            time.sleep(_PAUSE)
