"""What each step of each policy is judged by."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotation.labelling.queue import queue_open
from annotation.models import Project, Rollout
from annotation.people.roles import Role
from tests.factories import cot, make_pair, make_project, make_resolved, make_rollout, make_user
from tests.training.world import rm_make
from training.models import RmAppointment, StepScore
from training.scoring.coverage import coverage
from verifier.models import GroundTruth
from verifier.services.truth import truth_refresh
from verifier.services.withdrawal import truth_withdraw

pytestmark = pytest.mark.django_db
OTHER = cot().replace("color blue", "color green")  # step 2 differs, so all later prefixes do


@pytest.fixture
def project() -> Project:
    """Policy "seed": one judged text, one that repeats it, one that differs from step 2 on, one
    of another pair, whose first step is scored and whose tier was imported. Policy "late": one
    of a third pair."""
    project = make_project(overlap=1)
    pair = make_pair(project)
    make_resolved(pair)
    make_rollout(pair)
    make_rollout(pair, OTHER)
    other = make_rollout(make_pair(project, "blue shoes", gold={"5": "4"}, silver={"4": "all"}))
    late = make_rollout(make_pair(project, "green shoes"))
    Rollout.objects.filter(pk=late.pk).update(policy="late")
    rm = rm_make()
    RmAppointment.objects.create(project=project, rm=rm, report={})
    for step in other.steps.filter(kind__in=[1, 5]):
        StepScore.objects.create(step=step, rm=rm, p=0.5)
    truth_refresh()
    return project


def table(project: Project) -> dict[tuple[str, int], tuple[int, ...]]:
    return {
        (row.policy, row.kind): (
            row.rollouts, row.people, row.reuse, row.implied, row.rm_only, row.uncovered
        )
        for row in coverage(project)
    }  # fmt: skip


def test_each_rollout_counts_once_by_the_strongest_that_judges_it(project: Project) -> None:
    counts = table(project)
    assert counts["seed", 1] == (4, 1, 2, 0, 1, 0)
    assert counts["seed", 2] == (4, 1, 1, 0, 0, 2)
    assert counts["seed", 3] == (4, 1, 2, 1, 0, 0), "tier 4 is a match"
    assert counts["seed", 4] == (4, 1, 2, 0, 0, 1), "silver judges nothing"
    assert counts["seed", 5] == (4, 1, 3, 0, 0, 0), "imported gold does, before the model"
    assert counts["late", 1] == (1, 0, 0, 0, 0, 1)


def test_the_policy_with_the_newest_rollout_comes_first(project: Project) -> None:
    assert [row.policy for row in coverage(project)] == ["late"] * 5 + ["seed"] * 5


def test_scores_of_a_model_that_is_not_in_charge_cover_nothing(project: Project) -> None:
    RmAppointment.objects.all().delete()
    assert table(project)["seed", 1] == (4, 1, 2, 0, 0, 1)


def test_what_was_withdrawn_covers_nothing(project: Project) -> None:
    lead = make_user(Role.LEAD)
    truth = GroundTruth.objects.get(kind=3, superseded_at=None)
    truth_withdraw(truth=truth, lead=lead, reason="x")
    assert table(project)["seed", 3] == (4, 0, 0, 1, 0, 3)


def test_a_covered_rollout_has_no_item_and_is_counted(project: Project) -> None:
    project.reuse_audit_percent = 0
    project.save()
    pair = Rollout.objects.filter(policy="seed").order_by("pk")[0].pair
    assert queue_open(rollout=make_rollout(pair)) is None
    assert table(project)["seed", 5] == (5, 1, 4, 0, 0, 0)


def test_another_projects_rows_are_not_counted(project: Project) -> None:
    assert coverage(make_project()) == []


def test_it_is_one_query_and_the_appointment(project: Project) -> None:
    with CaptureQueriesContext(connection) as captured:
        coverage(project)
    assert len(captured) == 2


@pytest.mark.parametrize("role", [Role.LEAD, Role.ML_ENGINEER])
def test_page_file_and_api_tell_the_same(client: Client, project: Project, role: Role) -> None:
    client.force_login(make_user(role))
    home = f"/quality/{project.slug}/coverage/"
    page = client.get(home).content.decode()
    assert "late" in page
    assert page.count("25 %") > 0
    lines = client.get(home + "?csv=coverage").content.decode().splitlines()
    assert lines[6] == "seed,1,4,1,2,0,1,0"
    rows = client.get(f"/api/v1/coverage/?project={project.slug}").json()
    assert rows[5] == {
        "policy": "seed", "kind": 1, "rollouts": 4, "people": 1, "reuse": 2, "implied": 0,
        "rm_only": 1, "uncovered": 0,
    }  # fmt: skip


def test_annotators_do_not_see_it(client: Client, project: Project) -> None:
    client.force_login(make_user())
    assert client.get(f"/quality/{project.slug}/coverage/").status_code == 403
    assert client.get(f"/api/v1/coverage/?project={project.slug}").status_code == 403
