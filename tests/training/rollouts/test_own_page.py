"""CoTs of a file by the page: uploaded, looked at, checked, kept. And over the API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from annotation.models import ImportJob, Project, QueueItem, Rollout
from annotation.pairs.jobs import import_job_run
from annotation.pairs.tasks import import_job_start
from annotation.people.roles import Role
from tests.annotation.pairs.readers.traces import LANGFUSE, LANGSMITH
from tests.api.clients import client_of as api_client
from tests.factories import cot, make_pair, make_product, make_project
from tests.training.admin_door import client_of
from training.rollouts.writers import catalogue_writer

pytestmark = pytest.mark.django_db
FREE = "".join(f"{n}) Part {n}:\n{text}\n" for n, text in enumerate("abcde", 1))


@pytest.fixture(autouse=True)
def project(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(import_job_start, "delay", lambda number: None)
    project = make_project(slug="shop")
    make_pair(project, "red shoes", make_product(project, "Blue trail shoes", "p7"))
    return project


@pytest.fixture
def lead() -> Client:
    return client_of(Role.LEAD)


def uploaded(client: Client, *rows: dict[str, Any], writer: str = "") -> Any:
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    form = {"upload": SimpleUploadedFile("runs.jsonl", data), "writer": writer}
    return client.post("/training/first-cots/shop/own/", form)


def chosen(client: Client, url: str) -> dict[str, str]:
    """What the form sends as it stands."""
    choices = client.get(url).context["reading"].choices
    fields = {f"column-{n}": row.meaning for n, row in enumerate(choices.rows)}
    fields |= {name: text for name, _, text in (*choices.heading_fields, *choices.after_fields)}
    return fields | {"writer": choices.writer}


def done(client: Client, url: str, fields: dict[str, str]) -> str:
    """Checked, then kept; the page that says so."""
    number = ImportJob.objects.get().pk
    answer = client.post(f"{url}plan/", fields | {"check": "1"})
    assert answer.status_code == 302, answer.context["reading"].problems
    import_job_run(job_id=number)
    assert not Rollout.objects.exists()
    client.post(f"{url}start/")
    import_job_run(job_id=number)
    return client.get(url).content.decode()


def test_a_trace_is_uploaded_looked_at_checked_and_kept(lead: Client) -> None:
    url = uploaded(lead, LANGSMITH, LANGSMITH | {"outputs": {}}, writer="gpt")["Location"]
    page = lead.get(url).content.decode()
    assert "These look like records of LangSmith" in page
    assert "The first chains of thought, as they would be kept" in page
    assert "## 1 query analysis" in page
    shown = done(lead, url, chosen(lead, url))
    assert Rollout.objects.get().policy == "gpt"
    assert QueueItem.objects.count() == 1
    assert "the chain of thought is missing" in shown
    assert 'href="/training/first-cots/shop/"' in shown
    first_cots = lead.get("/training/first-cots/shop/").content.decode()
    assert "1 (100 %)" in first_cots


def test_headings_and_the_words_of_a_prompt_are_written_into_the_form(lead: Client) -> None:
    record = LANGFUSE | {"output": {"content": FREE + "x" * 60}}
    url = uploaded(lead, record)["Location"]
    problems = lead.get(url).context["reading"].problems
    assert problems == [
        "Say which column is the query, or what stands before it in a prompt.",
    ]
    words = {f"heading:step_{n}": f"Part {n}" for n in range(1, 6)}
    words |= {"after:query": "Query:", "after:product_id": "Product id:"}
    part = lead.post(f"{url}plan/", chosen(lead, url) | words, headers={"HX-Request": "true"})
    assert "It does not parse" in part.content.decode(), "it has no claims"
    done(lead, url, chosen(lead, url) | words)
    assert Rollout.objects.get().text.startswith("## 1 query analysis\na\n## 2 item")


def test_a_file_that_is_none_and_a_name_that_is_taken_stand_beside_their_field(
    lead: Client,
) -> None:
    name = catalogue_writer().name
    answer = uploaded(lead, LANGSMITH, writer=name)
    assert answer.status_code == 422
    assert "is taken or too long" in answer.content.decode()
    form = {"upload": SimpleUploadedFile("a.pdf", b"%PDF-1"), "writer": ""}
    answer = lead.post("/training/first-cots/shop/own/", form)
    assert answer.status_code == 422
    assert "a PDF" in answer.content.decode()
    assert not ImportJob.objects.exists()


def test_what_the_preview_of_the_api_guesses_imports_the_file() -> None:
    client = api_client(Role.ML_ENGINEER)
    data = json.dumps(LANGSMITH).encode()
    sent = {"file": SimpleUploadedFile("runs.jsonl", data), "adapter": "cots"}
    seen = client.post("/api/v1/imports/preview/", sent).json()
    assert [c["meaning"] for c in seen["columns"] if c["meaning"]] == [
        "query", "product_id", "title", "text",
    ]  # fmt: skip
    wanted = {
        "project": "shop",
        "file": SimpleUploadedFile("runs.jsonl", data),
        "adapter": "cots",
        "writer": "gpt",
        **seen["options"],
    }
    job = client.post("/api/v1/imports/", wanted).json()
    import_job_run(job_id=job["id"])
    state = client.get(f"/api/v1/imports/{job['id']}/").json()
    assert state["counts"] == {"cots": 1, "known": 0, "not_parsed": 0}
    assert Rollout.objects.get().text == cot()
