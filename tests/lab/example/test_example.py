"""The example with a past: simulated people on real rounds, told as four weeks at the end."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from unittest import mock

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from annotation.cot.errors import Conflict
from annotation.cot.locks import TRY_LOCK, Lock
from annotation.labelling.queue import queue_open
from annotation.labelling.rollouts import rollout_record
from annotation.models import Assignment, Pair, Project, Round, Submission
from annotation.people.roles import Role
from lab.example import shop
from lab.example.example import (
    LEAD,
    SLUG,
    ExampleState,
    example_offered,
    example_start,
    example_state,
    example_turn,
)
from lab.sample.generate import generate
from lab.sample.writers import held_truth
from lab.simulate.people import person_create
from tests.factories import cot, make_pair, make_product, make_project, make_user
from tests.training.world import policy_make
from training.judges.gate import GateReport, Measured
from training.models import Checkpoint, RmAppointment, RmGate, RolloutBatch, TrainingRun
from training.scoring.select import current_rm

SMALL = partial(generate, queries=20, products=200)

# The people work in threads of their own, which a test's open transaction would lock out.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop, "generate", SMALL)


def made(by: User | None = None) -> Project:
    """An example with one open item, in a round that the simulated lead began."""
    query, product = next(iter(held_truth(generate(seed=0))))
    project = make_project(overlap=2, slug=SLUG)
    pair = make_pair(project, query, make_product(project, external_id=product))
    rollout = rollout_record(
        pair=pair, text=cot(), policy="seed", prompt_version="1", temperature=0
    )
    queue_open(rollout=rollout)
    lead = by or person_create(username=LEAD, role=Role.LEAD)
    Round.objects.create(project=project, number=1, policy="seed", plan={}, created_by=lead)
    return project


def rounds_end(project: Project) -> None:
    Round.objects.filter(project=project).update(ended_at=timezone.now())


def test_one_press_imports_the_sample_and_begins_a_round_that_goes_on_by_itself() -> None:
    make_project(slug="sample")
    assert (example_state(), example_offered()) == (ExampleState.ABSENT, True)
    done = example_start()
    project = done.round.project
    assert [type(job) for job in done.jobs] == [RolloutBatch]
    assert (project.slug, project.autopilot) == (SLUG, Project.Autopilot.WHOLE)
    assert Pair.objects.filter(project=project).count() == len(SMALL().pairs)
    assert (example_state(), example_offered()) == (ExampleState.WORKING, False)
    with pytest.raises(Conflict, match="there is a project 'example' already"):
        example_start()


def test_people_answer_what_waits_and_at_rest_it_is_told_as_four_weeks() -> None:
    project = made()
    assert example_turn()
    people = Assignment.objects.filter(state="submitted").values_list("annotator__username")
    names = {name for (name,) in people}
    assert len(names) == 2
    assert names < {f"sample-rater-{number}" for number in (1, 2, 3)}
    today = timezone.now() - timedelta(hours=1)
    assert Submission.objects.filter(created_at__gt=today).count() == 2
    assert example_turn()
    assert Submission.objects.filter(created_at__gt=today).count() == 2, "a round is open"
    rounds_end(project)
    assert example_turn()
    assert not Submission.objects.filter(created_at__gt=today).exists()
    assert (example_state(), example_turn()) == (ExampleState.OVER, False)


@pytest.mark.parametrize("whose", ["label", "round", "project"])
def test_what_a_real_person_has_a_hand_in_is_left_alone(whose: str) -> None:
    person = make_user(Role.LEAD, "somebody")
    project = made(by=person if whose == "project" else None)
    if whose == "label":
        example_turn()
        Submission.objects.update(annotator=person)
        rounds_end(project)
    if whose == "round":
        rounds_end(project)
        Round.objects.create(
            project=project, number=2, policy="seed", plan={}, created_by=person
        )
    before = list(Submission.objects.values_list("created_at", flat=True))
    assert (example_state(), example_turn()) == (ExampleState.OVER, False)
    assert list(Submission.objects.values_list("created_at", flat=True)) == before


def test_one_worker_at_a_time_plays_the_people() -> None:
    made()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(f"SELECT {TRY_LOCK}", [Lock.EXAMPLE, 0])
        assert not example_turn()
        cursor.execute("COMMIT")
    other.close()
    assert not Submission.objects.exists()
    assert example_turn()


def measured(project: Project, name: str) -> Checkpoint:
    """A reward model that the gate refuses."""
    policy = policy_make(name=f"policy of {name}")
    run = TrainingRun.objects.create(
        project=project, method="rm", state="finished", policy=policy
    )
    rm = Checkpoint.objects.create(name=name, kind="rm", path=f"/{name}", run=run)
    row = Measured("majority", 0.5, 0.7, -0.2, -0.3, -0.1, 0.0, passes=False)
    report = GateReport(500, 100, 400, "", [row]).stored()
    RmGate.objects.create(project=project, rm=rm, state="done", report=report)
    return rm


def test_the_first_model_judges_the_second_round_and_the_newest_at_the_end() -> None:
    project = made()
    first = measured(project, "first")
    assert example_turn()
    charge = RmAppointment.objects.get(project=project, until=None)
    assert (charge.rm, charge.by and charge.by.username) == (first, LEAD)
    assert len(charge.overridden) == 1, "what it failed is on record"
    second = measured(project, "second")
    assert example_turn()
    assert current_rm(project) == first, "a round is open"
    rounds_end(project)
    assert example_turn()
    assert current_rm(project) == second


def test_the_start_page_offers_it_until_somebody_has_a_project_of_their_own(
    client: Client,
) -> None:
    make_project(slug="sample")
    client.force_login(make_user(Role.LEAD))
    assert b"Make the example" in client.get("/example/").content
    with mock.patch("training.rollouts.tasks.rollouts_run.delay") as sampled:
        page = client.post("/example/start/", follow=True).content.decode()
    assert "The example is being made: its first round has begun." in page
    sampled.assert_called_once()
    assert b'href="/circle/example/"' in client.get("/example/").content
    assert client.post("/example/start/").status_code == 409
    Project.objects.filter(slug=SLUG).update(slug="own")
    assert client.get("/example/").content.strip() == b""
