"""The doors to exports: the page, the download and the admin."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from annotation.exports.jobs import export_job_create, export_job_run
from annotation.exports.tasks import export_job_start
from annotation.models import ExportJob
from annotation.people.roles import Role
from tests.factories import make_item, make_project, make_user, submit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    jobs: list[int] = []
    monkeypatch.setattr(export_job_start, "delay", jobs.append)
    return jobs


def client_of(role: Role) -> Client:
    client = Client()
    client.force_login(make_user(role))
    return client


def text_of(response: object) -> str:
    return getattr(response, "content", b"").decode()


@pytest.mark.parametrize("role", [Role.LEAD, Role.ML_ENGINEER])
def test_an_export_is_asked_for_watched_and_downloaded(
    role: Role,
    sent: list[int],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    item = make_item(make_project(overlap=1))
    submit(item, make_user())
    client = client_of(role)
    with django_capture_on_commit_callbacks(execute=True):
        form = {"project": item.project.slug, "format": "labels", "split": "", "policy": ""}
        assert client.post("/exports/new/", form).status_code == 302
    job = ExportJob.objects.get()
    assert sent == [job.pk]
    assert client.get("/exports/")["Refresh"] == "2"
    assert client.get(f"/exports/{job.pk}/file/").status_code == 404
    export_job_run(job_id=job.pk)
    page = client.get("/exports/")
    assert "Refresh" not in page
    assert f"/exports/{job.pk}/file/" in text_of(page)
    response = client.get(f"/exports/{job.pk}/file/")
    assert response["Content-Disposition"].startswith("attachment; filename=")
    assert response.getvalue().count(b"\n") == 5


def test_a_format_that_does_not_exist_is_refused_in_words() -> None:
    form = {"project": make_project().slug, "format": "docx"}
    response = client_of(Role.LEAD).post("/exports/new/", form)
    assert response.status_code == 422
    assert "format must be one of" in text_of(response)


def test_a_file_that_was_deleted_is_not_found() -> None:
    job = export_job_create(project=make_project(), format="labels")
    export_job_run(job_id=job.pk)
    Path(ExportJob.objects.get().path).unlink()
    assert client_of(Role.LEAD).get(f"/exports/{job.pk}/file/").status_code == 404


def test_the_admin_makes_shows_and_retries_exports(
    sent: list[int],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    project, client = make_project(), client_of(Role.ML_ENGINEER)
    with django_capture_on_commit_callbacks(execute=True):
        form = {"project": project.pk, "format": "labels-csv", "split": "train"}
        page = client.post("/admin/annotation/exportjob/add/", form)
    job = ExportJob.objects.get()
    assert (job.format, job.filter, sent) == ("labels-csv", {"split": "train"}, [job.pk])
    assert client.get(page["Location"])["Refresh"] == "2"
    ExportJob.objects.update(state="failed", error="the disk was full")
    assert "the disk was full" in text_of(client.get(page["Location"]))
    with django_capture_on_commit_callbacks(execute=True):
        action = {"action": "try_again", "_selected_action": [job.pk]}
        client.post("/admin/annotation/exportjob/", action)
    assert sent == [job.pk, job.pk]
    export_job_run(job_id=job.pk)
    assert f"/exports/{job.pk}/file/" in text_of(client.get(page["Location"]))
