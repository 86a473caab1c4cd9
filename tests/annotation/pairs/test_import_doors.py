"""What the command imports, the API and the form of the admin import too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings
from rest_framework.test import APIClient

from annotation.models import ImportJob, Pair, Project, StepLabel, Submission
from annotation.pairs.jobs import import_job_run
from annotation.pairs.tasks import import_job_start
from annotation.people.roles import Role
from tests.annotation.pairs.readers.test_label_studio_answers import (
    annotation,
    choice,
    task,
    verdicts,
)
from tests.api.clients import client_of
from tests.factories import make_project, make_user

pytestmark = pytest.mark.django_db

JUDGMENTS = b"query,docid,rating\nred lamp,1,0\nred lamp,2,1\n"
PRODUCTS = b'{"id": "1", "title": "Lamp"}\n{"id": "2", "title": "Red lamp"}\n'


@pytest.fixture
def project() -> Project:
    return make_project(overlap=1)


@pytest.fixture(autouse=True)
def uploads(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(import_job_start, "delay", lambda number: None)
    return tmp_path


@pytest.fixture(params=["api", "admin"])
def door(request: pytest.FixtureRequest, project: Project) -> Any:
    """Sends a file and options; returns the job when it has run, or the refusal."""

    def send(data: bytes, name: str, **options: Any) -> ImportJob | str:
        sent = {"file": SimpleUploadedFile(name, data), **options}
        if request.param == "api":
            url, client, who = "/api/v1/imports/", client_of(Role.LEAD), project.slug
        else:
            url, client, who = "/admin/annotation/importjob/add/", APIClient(), str(project.pk)
            client.force_login(make_user(Role.LEAD))
        response: Any = client.post(url, {"project": who, **sent})
        job = ImportJob.objects.order_by("pk").last()
        if job is None:
            return str(response.content.decode())
        return import_job_run(job_id=job.pk) or job

    return send


def products() -> SimpleUploadedFile:
    return SimpleUploadedFile("my products.jsonl", PRODUCTS)


def test_judgments_come_with_their_products_and_their_scale(door: Any, uploads: Path) -> None:
    job = door(
        JUDGMENTS, "r.csv", adapter="quepid", products=products(), scale="0=1,1=4", split="val"
    )
    assert (job.state, job.pairs_created, job.errors) == ("done", 2, [])
    rows = Pair.objects.order_by("pk").values_list("product__title", "gold", "split")
    assert list(rows) == [("Lamp", {"5": "1"}, "val"), ("Red lamp", {"5": "4"}, "val")]
    assert not [path for path in uploads.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "stem", ["👟📦", "👩🏽‍🚀 schuhe", "🧾" * 70, "\u202egnp", "..\u2028🙂"]
)
def test_a_file_may_have_any_name(door: Any, stem: str) -> None:
    job = door(b"query,title\nred lamp,Lamp\n", f"{stem}.csv")
    assert (job.state, job.pairs_created) == ("done", 1)
    assert job.filename.endswith(".csv")


@pytest.mark.parametrize(
    ("name", "data", "line", "reason"),
    [
        ("🙂.csv", b"suche;titel\na;b\n", 0, "it has suche, titel (read with a semicolon"),
        ("🙂.json", b'[{"query": ' + b"9" * 5000 + b"}]", 1, "a number of 5000 digits"),
        (
            "🙂.jsonl",
            b'{"query": "a", "title": "b"}\r{"query": "a"}\r',
            2,
            "the title is missing",
        ),
        ("🙂.csv", b"query,title\na,b\nc,\0\n", 3, "title contains a NUL character"),
        ("🙂.json", b"[" * 3000, 1, "nested too deeply"),
    ],
)
def test_a_refused_file_says_where_and_why_at_every_door(
    door: Any, name: str, data: bytes, line: int, reason: str
) -> None:
    job = door(data, name)
    assert job.state == "failed"
    assert job.errors[0]["line"] == line
    assert reason in job.errors[0]["message"]


def test_a_scale_that_the_file_needs_is_asked_for_by_the_job(door: Any) -> None:
    job = door(JUDGMENTS, "r.csv", adapter="quepid", products=products())
    assert job.state == "failed"
    assert "in the API and the admin: scale" in job.errors[0]["message"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"adapter": "quepid"}, "quepid needs products: upload them with the file"),
        ({"adapter": "wands"}, "wands needs products and queries"),
        ({"adapter": "esci", "scale": "0=1"}, "esci does not take scale"),
        ({"scale": "0=1"}, "native does not take scale"),
        ({"adapter": "quepid", "scale": "0>1"}, "is not GRADE=TIER"),
        ({"adapter": "label-studio"}, "label-studio is read from .json, .jsonl, not .csv"),
        ({"adapter": "esci", "unknown_as_attributes": "true"}, "does not take unknown columns"),
    ],
)
def test_options_that_do_not_fit_are_refused_before_anything_is_kept(
    door: Any, uploads: Path, options: dict[str, str], reason: str
) -> None:
    page = door(JUDGMENTS, "r.csv", **options)
    assert reason in page.replace("&gt;", ">")
    assert not ImportJob.objects.exists()
    assert not [path for path in uploads.rglob("*") if path.is_file()]


def test_a_further_file_that_cannot_be_read_is_refused_by_its_name(door: Any) -> None:
    zipped = SimpleUploadedFile("p.jsonl", b"PK\x03\x04")
    page = door(JUDGMENTS, "r.csv", adapter="quepid", products=zipped)
    assert "p.jsonl is a zip archive" in page


def test_annotations_become_submissions_of_the_people_of_their_server(door: Any) -> None:
    tasks = json.dumps([task(annotation(7, *verdicts()))]).encode()
    format, origin = "label-studio-submissions", "ls.example.org"
    job = door(tasks, "t.json", adapter=format, origin=origin)
    assert (job.state, job.errors) == ("done", [])
    assert job.counts["submissions"] == job.counts["people"] == 1
    assert StepLabel.objects.count() == 5
    job = door(tasks, "t.json", adapter=format)
    assert job.state == "failed"
    assert "name the server that the file is from" in job.errors[-1]["message"]


def test_bad_tasks_fail_the_job_and_the_good_ones_are_kept(door: Any) -> None:
    good = task(annotation("ann@example.org", *verdicts()))
    bad = task(annotation("bob@example.org", choice("verdict_1", "Correct")))
    tasks = json.dumps([good, bad]).encode()
    job = door(tasks, "t.json", adapter="label-studio-submissions")
    assert (job.state, job.error_count, Submission.objects.count()) == ("failed", 1, 1)
    assert "1 tasks were not stored, the others were" in job.errors[0]["message"]
    job = door(tasks, "t.json", adapter="label-studio-submissions", skip_bad="true")
    assert (job.state, job.counts["known"]) == ("done", 1)


def test_a_check_of_submissions_keeps_nothing(door: Any) -> None:
    tasks = json.dumps([task(annotation("ann@example.org", *verdicts()))]).encode()
    job = door(tasks, "t.json", adapter="label-studio-submissions", dry_run="true")
    assert (job.state, job.counts["submissions"]) == ("done", 1)
    assert not Submission.objects.exists()
    assert not Pair.objects.exists()
