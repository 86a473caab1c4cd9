"""Simulated people go through the same services as the page, and keep to the same rules."""

from __future__ import annotations

import pytest

from annotation.cot.steps import StepKind
from annotation.models import Project, QueueItem, Step, StepLabel
from annotation.people.roles import Role
from lab.simulate.judge import Answer
from lab.simulate.people import person_create, queue_work_off
from tests.browser import seed

# The people work in threads of their own, which a test's open transaction would lock out.
pytestmark = pytest.mark.django_db(transaction=True)


def wrong_at_three(item: QueueItem, kind: StepKind, step: Step | None) -> Answer:
    """KETTLE claims match, all and tier 4; this person sees related, partial and tier 3."""
    seen = {StepKind.CATEGORY: "related", StepKind.ATTRIBUTE: "partial", StepKind.FINAL: "3"}
    return Answer("incorrect" if kind in seen else "correct", seen.get(kind, ""))


def verdicts_of(project: Project) -> list[tuple[int, str]]:
    person = person_create(username="rater", role=Role.ANNOTATOR)
    assert queue_work_off(project=project, people=[(person, wrong_at_three)]) == 1
    return list(StepLabel.objects.order_by("kind").values_list("kind", "verdict"))


def test_a_simulated_person_stops_at_the_first_error_where_the_project_says_so() -> None:
    project = seed.project_seed()
    Project.objects.update(first_error_only=True)
    seed.item_seed(project, seed.KETTLE)
    assert verdicts_of(project) == [(1, "correct"), (2, "correct"), (3, "incorrect")]


def test_a_simulated_person_judges_every_step_otherwise() -> None:
    project = seed.project_seed()
    seed.item_seed(project, seed.KETTLE)
    assert verdicts_of(project) == [
        (1, "correct"), (2, "correct"), (3, "incorrect"), (4, "incorrect"), (5, "incorrect"),
    ]  # fmt: skip
