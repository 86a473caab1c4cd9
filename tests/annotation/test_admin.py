"""The admin: who gets in, what is read-only, and the upload page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from annotation.models import ImportJob, Pair, Project
from annotation.pairs.jobs import import_job_run
from annotation.pairs.tasks import import_job_start
from annotation.people.roles import Role
from tests.annotation.pairs.disk import no_file_longer_than
from tests.factories import (
    make_item,
    make_pair,
    make_project,
    make_rollout,
    make_user,
    submit,
)

MODELS = (
    "project", "product", "pair", "rollout", "queueitem", "assignment", "submission",
    "steplabel", "resolution", "importjob",
)  # fmt: skip

pytestmark = pytest.mark.django_db


def client_of(role: Role) -> Client:
    client = Client()
    client.force_login(make_user(role))
    return client


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    jobs: list[int] = []
    monkeypatch.setattr(import_job_start, "delay", jobs.append)
    return jobs


@pytest.mark.parametrize("model", MODELS)
def test_a_lead_can_open_every_list(model: str) -> None:
    make_pair(make_project())
    submit(make_item(make_project(overlap=1)), make_user())
    response = client_of(Role.LEAD).get(f"/admin/annotation/{model}/")
    assert response.status_code == 200


@pytest.mark.parametrize("model", ["steplabel", "resolution", "submission", "rollout", "pair"])
def test_history_can_be_neither_added_nor_deleted_even_by_an_administrator(model: str) -> None:
    client = client_of(Role.ADMIN)
    assert client.get(f"/admin/annotation/{model}/add/").status_code == 403


def test_an_annotator_has_no_admin() -> None:
    response = client_of(Role.ANNOTATOR).get("/admin/annotation/pair/")
    assert response.status_code == 302


def test_a_rules_table_with_a_bad_tier_is_refused_in_the_form() -> None:
    project = make_project()
    response = client_of(Role.LEAD).post(
        f"/admin/annotation/project/{project.pk}/change/",
        {
            "slug": project.slug,
            "name": "n",
            "layout": "answer_last",
            "overlap": 2,
            "max_overlap": 3,
            "rules": project.rules.replace("all = 4", "all = 9"),
            "guideline": "",
        },
    )
    assert (
        "unknown" in response.content.decode() or "must be a tier" in response.content.decode()
    )
    project.refresh_from_db()
    assert "all = 9" not in project.rules


def project_form(project: Project, **changed: Any) -> dict[str, Any]:
    form = {"slug": project.slug, "name": "n", "layout": "answer_last", "overlap": 2}
    form |= {"max_overlap": 3, "order": "oldest", "rules": project.rules}
    form |= {"reuse": "on", "reuse_audit_percent": 5, "explore_percent": 15, "autopilot": "off"}
    return form | changed


def test_a_changed_guideline_gets_the_next_version() -> None:
    project = make_project()
    client = client_of(Role.LEAD)
    form = project_form(project, guideline="Judge the product, not the shop.")
    url = f"/admin/annotation/project/{project.pk}/change/"
    for _ in range(2):
        assert client.post(url, form).status_code == 302
    project.refresh_from_db()
    assert project.guideline_version == 2


def test_an_upload_becomes_a_job_whose_page_reloads_until_it_is_done(
    sent: list[int],
    settings: Settings,
    tmp_path: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    settings.MEDIA_ROOT = tmp_path
    project, client = make_project(), client_of(Role.ML_ENGINEER)
    upload = SimpleUploadedFile("pairs.csv", b"query,title\nred shoes,Red shoe\nx,\n")
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(
            "/admin/annotation/importjob/add/",
            {"project": project.pk, "file": upload, "skip_bad": "on"},
        )
    job = ImportJob.objects.get()
    assert sent == [job.pk]
    assert response["Location"] == f"/admin/annotation/importjob/{job.pk}/change/"
    assert client.get(response["Location"])["Refresh"] == "2"
    import_job_run(job_id=job.pk)
    page = client.get(response["Location"])
    assert "Refresh" not in page
    assert "line 3: the title is missing" in page.content.decode()
    assert Pair.objects.filter(project=project).count() == 1


def test_an_upload_of_another_kind_of_file_is_refused_in_the_form() -> None:
    project = make_project()
    response = client_of(Role.LEAD).post(
        "/admin/annotation/importjob/add/",
        {"project": project.pk, "file": SimpleUploadedFile("pairs.xlsx", b"PK")},
    )
    assert "expected .csv" in response.content.decode()
    assert not ImportJob.objects.exists()


def test_rollouts_can_be_put_into_the_queue_as_an_audit() -> None:
    rollout = make_rollout(make_pair(make_project()))
    client_of(Role.LEAD).post(
        "/admin/annotation/rollout/",
        {"action": "open_for_audit", "_selected_action": [rollout.pk]},
    )
    assert rollout.items.get().reason == "audit"


def test_a_pool_that_could_never_finish_an_item_is_refused_in_the_form() -> None:
    project, anna, ben = make_project(overlap=2), make_user(), make_user()
    client, url = client_of(Role.LEAD), f"/admin/annotation/project/{project.pk}/change/"
    form = project_form(project, order="uncertainty", pool=[anna.pk])
    assert "an item needs 2 people" in client.post(url, form).content.decode()
    form["pool"] = [anna.pk, ben.pk]
    assert client.post(url, form).status_code == 302
    project.refresh_from_db()
    assert (set(project.pool.all()), project.order) == ({anna, ben}, "uncertainty")


def test_a_lead_reserves_items_in_the_list_and_hears_which_cannot_be() -> None:
    project, anna = make_project(overlap=1), make_user()
    one, closed = make_item(project), make_item(project)
    closed.state = "dropped"
    closed.save()
    act = {"action": "reserve", "people": [anna.pk], "_selected_action": [one.pk, closed.pk]}
    page = client_of(Role.LEAD).post("/admin/annotation/queueitem/", act, follow=True)
    assert {str(message) for message in page.context["messages"]} == {
        f"items now for {anna.username}: 1",
        f"item {closed.pk}: this item is not open",
    }
    assert list(one.reserved_for.all()) == [anna]
    denied = client_of(Role.ML_ENGINEER).post("/admin/annotation/queueitem/", act, follow=True)
    assert "only a lead may reserve items" in denied.content.decode()


def test_a_full_disk_is_said_on_the_form_and_nothing_is_kept(
    sent: list[int], settings: Settings, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    form = {
        "project": make_project().pk,
        "file": SimpleUploadedFile("p.csv", b"query,title\n" + b"q,t\n" * 50_000),
    }
    with no_file_longer_than(100_000):
        page = client_of(Role.LEAD).post("/admin/annotation/importjob/add/", form, follow=True)
    assert "The file cannot be kept" in page.content.decode()
    assert not ImportJob.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_share_of_more_than_all_is_refused_in_the_form() -> None:
    project = make_project()
    client, url = client_of(Role.LEAD), f"/admin/annotation/project/{project.pk}/change/"
    refused = client.post(url, project_form(project, reuse_audit_percent=101))
    assert "a share is at most 100 percent" in refused.content.decode()
    client.post(url, project_form(project, reuse_audit_percent=20) | {"reuse": ""})
    project.refresh_from_db()
    assert (project.reuse, project.reuse_audit_percent) == (False, 20)
