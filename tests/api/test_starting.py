"""Projects and previews over the API: what the page New project does, a program can do, too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from annotation.models import ImportJob, Pair, Project
from annotation.pairs.jobs import import_job_run
from annotation.pairs.tasks import import_job_start
from annotation.people.roles import Role
from tests.api.clients import client_of
from tests.factories import make_project, make_user

pytestmark = pytest.mark.django_db

RAKES = b"Suche;Artikel;Note\nrechen;Laubrechen;3\nrechen;Schlauch;0\n"


@pytest.fixture(autouse=True)
def uploads(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(import_job_start, "delay", lambda number: None)
    return tmp_path


def rakes() -> SimpleUploadedFile:
    return SimpleUploadedFile("rechen.csv", RAKES)


def test_a_project_is_made_by_its_name_and_a_taken_one_is_refused_by_field() -> None:
    client = client_of(Role.ML_ENGINEER)
    made = client.post("/api/v1/projects/", {"name": "Garden shop"}, format="json")
    assert (made.status_code, made.json()["slug"]) == (201, "garden-shop")
    again = {"name": "garden SHOP", "slug": "garden-shop"}
    refused = client.post("/api/v1/projects/", again, format="json")
    assert refused.status_code == 400
    assert set(refused.json()["errors"]) == {"name", "slug"}
    assert Project.objects.count() == 1


def test_annotators_make_no_project() -> None:
    body = {"name": "Garden shop"}
    answer = client_of(Role.ANNOTATOR).post("/api/v1/projects/", body, format="json")
    assert answer.status_code == 403


def test_a_preview_keeps_nothing_and_its_options_import_the_file(uploads: Path) -> None:
    client, project = client_of(Role.LEAD), make_project()
    seen = client.post("/api/v1/imports/preview/", {"file": rakes()}).json()
    assert (seen["adapter"], seen["rows"], seen["problem"]) == ("native", 2, "")
    assert [(c["name"], c["meaning"]) for c in seen["columns"]] == [
        ("Suche", "query"),
        ("Artikel", "title"),
        ("Note", "tier"),
    ]
    assert not [path for path in uploads.rglob("*") if path.is_file()]
    assert not ImportJob.objects.exists()
    about = {"project": project.slug, "file": rakes(), "dry_run": "true", **seen["options"]}
    job = client.post("/api/v1/imports/", about).json()
    assert json.loads(job["options"]["mapping"])["tiers"] == {"0": "1", "3": "4"}
    import_job_run(job_id=job["id"])
    assert not Pair.objects.exists()
    assert client.post(f"/api/v1/imports/{job['id']}/start/").status_code == 202
    import_job_run(job_id=job["id"])
    assert [pair.gold for pair in Pair.objects.order_by("pk")] == [{"5": "4"}, {"5": "1"}]
    # Done is done.
    assert client.post(f"/api/v1/imports/{job['id']}/start/").status_code == 422


def test_several_files_are_told_apart(uploads: Path) -> None:
    files = [
        SimpleUploadedFile("products.jsonl", b'{"id": "1", "title": "Rake"}\n'),
        SimpleUploadedFile("judged.csv", b"query,docid,rating\nrake,1,1\n"),
    ]
    seen = client_of(Role.LEAD).post("/api/v1/imports/preview/", {"file": files}).json()
    assert (seen["adapter"], seen["filename"]) == ("quepid", "judged.csv")
    assert seen["files"] == {"products": "products.jsonl"}


def test_an_upload_past_the_bound_is_refused_at_page_and_api(settings: Settings) -> None:
    settings.UPLOAD_MB = 1
    large = SimpleUploadedFile("large.csv", b"query,title\n" + b"x" * 2**20)
    answer = client_of(Role.LEAD).post("/api/v1/imports/preview/", {"file": large})
    assert answer.status_code == 413
    assert "more than 1 MB are not taken" in answer.json()["detail"]
    page = Client(enforce_csrf_checks=True)
    page.force_login(make_user(Role.LEAD))
    page.get("/projects/new/")  # the CSRF check, which comes first, is what reads the body
    large.seek(0)
    shown = page.post("/projects/new/", {"name": "Garden shop", "upload": large})
    assert shown.status_code == 413
    assert "more than 1 MB are not taken" in shown.content.decode()
    assert not Project.objects.exists()
