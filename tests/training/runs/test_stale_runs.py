"""Runs that learned from what a change of the guideline made stale."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from annotation.models import Project, QueueItem, Rollout
from annotation.people.roles import Role
from annotation.quality.guidelines import guideline_save
from tests.api.clients import client_of as api_of
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
    assert f'href="/training/runs/{run.pk}/"' in part
    assert "<html" not in part
    client.force_login(make_user(Role.ML_ENGINEER))
    page = client.get(address).content.decode()
    assert "<html" in page
    assert f'href="/training/runs/{run.pk}/"' in page


def test_runs_that_learned_are_listed_also_when_all_was_asked_again(
    project: Project, client: Client
) -> None:
    learned(project)
    changed(project, 5)
    learned(project)
    client.force_login(make_user(Role.LEAD))
    page = client.get(f"/quality/{project.slug}/stale/").content.decode()
    assert f"/training/runs/stale/{project.slug}/" in page


def test_programs_read_what_is_stale_and_ask_again_in_one_call(project: Project) -> None:
    run = learned(project)
    changed(project, 1, 5)
    assert run.release is not None
    rollout = Rollout.objects.get()
    expected = {
        "rollouts": 1,
        "contradicting": 1,
        "relabel": [{"rollout": rollout.pk, "kinds": [1, 5]}],
        "hours": None,
        "runs": [{"run": run.pk, "release": run.release.number, "decisions": 2}],
    }
    out = StringIO()
    call_command("stale_labels", project=project.slug, json=True, stdout=out)
    assert json.loads(out.getvalue()) == expected
    lead, engineer = api_of(Role.LEAD), api_of(Role.ML_ENGINEER)
    address = "/api/v1/stale/"
    assert engineer.get(address, {"project": project.slug}).json() == expected
    assert engineer.post(address, {"project": project.slug}, "json").status_code == 403
    assert not QueueItem.objects.filter(reason="stale").exists()
    assert lead.post(address, {"project": project.slug}, "json").json() == {"items": 1}
    assert QueueItem.objects.get(reason="stale").kinds == [1, 5]
    assert lead.post(address, {"project": project.slug}, "json").json() == {"items": 0}
    assert lead.post(address, {"project": "nowhere"}, "json").status_code == 404


def test_the_command_asks_again_as_a_lead_and_refuses_others(project: Project) -> None:
    learned(project)
    changed(project, 5)
    out = StringIO()
    wanted = {"project": project.slug, "stdout": out}
    annotator, lead = make_user(Role.ANNOTATOR), make_user(Role.LEAD)
    with pytest.raises(CommandError, match="only a lead may reopen"):
        call_command("stale_labels", reopen_by=annotator.username, **wanted)
    with pytest.raises(CommandError, match="nobody is named 'nobody'"):
        call_command("stale_labels", reopen_by="nobody", **wanted)
    call_command("stale_labels", reopen_by=lead.username, **wanted)
    assert "1 rollouts are stale, 1 cannot stand; 1 items put them right" in out.getvalue()
    assert "1 items are asked again" in out.getvalue()
    assert QueueItem.objects.filter(reason="stale").count() == 1
