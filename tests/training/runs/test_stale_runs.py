"""Runs that learned from what a change of the guideline made stale."""

from __future__ import annotations

import pytest
from django.test import Client

from annotation.models import Project
from annotation.people.roles import Role
from annotation.quality.guidelines import guideline_save
from tests.factories import make_pair, make_project, make_resolved, make_user
from tests.training.world import policy_make, run_make
from training.models import TrainingRun
from training.runs.stale_runs import stale_runs
from verifier.services.release import release_cut
from verifier.services.truth import truth_refresh

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project(overlap=1)


def learned(project: Project) -> TrainingRun:
    make_resolved(make_pair(project))
    truth_refresh(project=project)
    policy = policy_make(name=f"policy {TrainingRun.objects.count()}")
    return run_make(project, policy=policy, release=release_cut(project=project))


def changed(project: Project, *kinds: int) -> None:
    guideline_save(
        project=project, author=None, text=f"{kinds}", rules=project.rules, changed_kinds=kinds
    )


def test_a_run_is_listed_with_the_decisions_of_its_release_that_do_not_stand(
    project: Project,
) -> None:
    first = learned(project)
    assert stale_runs(project) == []
    changed(project, 1, 3)
    after = learned(project)
    assert [(row.run, row.n) for row in stale_runs(project)] == [(first, 2)]
    assert after.release != first.release


def test_runs_of_other_projects_and_of_other_steps_are_not_listed(project: Project) -> None:
    learned(project)
    changed(project, 4)
    assert stale_runs(make_project()) == []
    assert [row.n for row in stale_runs(project)] == [1]


def test_the_page_of_stale_labels_loads_the_list_and_an_engineer_gets_a_page_of_it(
    project: Project, client: Client
) -> None:
    run = learned(project)
    changed(project, 5)
    client.force_login(make_user(Role.LEAD))
    address = f"/training/runs/stale/{project.slug}/"
    assert (
        f'hx-get="{address}"' in client.get(f"/quality/{project.slug}/stale/").content.decode()
    )
    part = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "1 stale decision" in part
    assert f"/training/runs/{run.pk}/" not in part, "a lead may not open it"
    assert "<html" not in part
    client.force_login(make_user(Role.ML_ENGINEER))
    page = client.get(address).content.decode()
    assert "<html" in page
    assert f'href="/training/runs/{run.pk}/"' in page
