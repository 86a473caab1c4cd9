"""The REST API for imports and pairs."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from annotation.models import ImportJob
from annotation.pairs.jobs import import_job_run
from annotation.pairs.tasks import import_job_start
from annotation.people.roles import Role
from tests.api.clients import client_of
from tests.factories import make_pair, make_project

pytestmark = pytest.mark.django_db


def test_an_uploaded_file_is_queued_imported_and_reported(
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    tmp_path: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    settings.MEDIA_ROOT = tmp_path
    sent: list[int] = []
    monkeypatch.setattr(import_job_start, "delay", sent.append)
    client, project = client_of(Role.ML_ENGINEER), make_project()
    upload = SimpleUploadedFile("p.jsonl", b'{"query": "q", "title": "t"}\n')
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post("/api/v1/imports/", {"project": project.slug, "file": upload})
    assert response.status_code == 202
    assert sent == [response.json()["id"]]
    import_job_run(job_id=sent[0])
    status = client.get(f"/api/v1/imports/{sent[0]}/").json()
    assert (status["state"], status["pairs_created"], status["errors"]) == ("done", 1, [])


def test_a_file_of_an_unknown_kind_is_refused_with_the_reason() -> None:
    response = client_of(Role.LEAD).post(
        "/api/v1/imports/",
        {"project": make_project().slug, "file": SimpleUploadedFile("p.docx", b"x")},
    )
    assert response.status_code == 422
    assert "expected .csv" in response.json()["detail"]
    assert not ImportJob.objects.exists()


def test_pairs_come_in_pages_that_follow_a_cursor() -> None:
    project = make_project()
    made = [str(make_pair(project, f"query {i}").pk) for i in range(5)]
    make_pair(make_project())
    client = client_of(Role.LEAD)
    url: str | None = f"/api/v1/pairs/?project={project.slug}&page_size=2"
    ids, pages = [], 0
    while url:
        page = client.get(url).json()
        ids += [pair["pair_id"] for pair in page["results"]]
        url, pages = page["next"], pages + 1
    assert (ids, pages) == (made, 3)


def test_a_project_that_is_not_there_is_not_found() -> None:
    assert client_of(Role.LEAD).get("/api/v1/pairs/?project=nope").status_code == 404
