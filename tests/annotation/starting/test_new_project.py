"""New project: from an upload to pairs, through the pages alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from annotation.models import ImportJob, Pair, Project
from annotation.pairs.jobs import import_job_run
from annotation.pairs.tasks import import_job_start
from annotation.people.roles import Role
from tests.factories import make_project, make_user

pytestmark = pytest.mark.django_db

GARDEN = b"""\
Search;Article;SKU;Group;Colour;Specs;Rating
cordless drill 18v;Drill 18V-55;B18;Tools > Drills;blue;"Voltage: 18 V; Weight: 1.7 kg";exact
cordless drill 18v;Garden hose 20 m;H20;Garden / Watering;green;Length: 20 m;irrelevant
rake;Leaf rake 60 cm;R60;Garden;;Width: 60 cm;exact
"""


@pytest.fixture(autouse=True)
def uploads(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(import_job_start, "delay", lambda number: None)
    return tmp_path


@pytest.fixture
def lead() -> Client:
    client = Client()
    client.force_login(make_user(Role.LEAD))
    return client


Sent = Callable[..., HttpResponse]


def sent(client: Client, data: bytes, filename: str = "garden.csv", **more: Any) -> Any:
    form = {"name": "Garden shop", "upload": SimpleUploadedFile(filename, data)}
    return client.post("/projects/new/", form | more)


def chosen(client: Client, url: str) -> dict[str, str]:
    """What the form of columns would send as it stands."""
    reading = client.get(url).context["reading"]
    fields = {f"column-{n}": row.meaning for n, row in enumerate(reading.choices.rows)}
    fields |= {f"tier:{grade}": tier for grade, tier in reading.choices.grades}
    return fields | {"locale": reading.choices.locale}


def test_a_file_of_other_columns_becomes_pairs_by_choosing(lead: Client) -> None:
    url = sent(lead, GARDEN)["Location"]
    fields = chosen(lead, url)
    assert list(fields.values()) == [
        "query", "title", "product_id", "attribute", "attribute", "attributes", "tier",
        "4", "1", "en",
    ]  # fmt: skip
    lead.post(f"{url}plan/", fields | {"column-3": "category_path", "check": "1"})
    job = import_job_run(job_id=ImportJob.objects.get().pk)
    assert job is not None
    assert (job.state, job.dry_run, job.pairs_created, job.errors) == ("done", True, 3, [])
    assert not Pair.objects.exists()
    assert "Import 3 rows" in lead.get(url).content.decode()
    lead.post(f"{url}start/")
    import_job_run(job_id=job.pk)
    rows = Pair.objects.order_by("pk").values_list(
        "query", "product__title", "product__category_path", "product__attributes", "gold"
    )
    assert list(rows) == [
        (
            "cordless drill 18v",
            "Drill 18V-55",
            "Tools > Drills",
            [["Voltage", "18 V"], ["Weight", "1.7 kg"], ["Colour", "blue"]],
            {"5": "4"},
        ),
        (
            "cordless drill 18v",
            "Garden hose 20 m",
            "Garden > Watering",
            [["Length", "20 m"], ["Colour", "green"]],
            {"5": "1"},
        ),
        ("rake", "Leaf rake 60 cm", "Garden", [["Width", "60 cm"]], {"5": "4"}),
    ]
    page = lead.get(url).content.decode()
    assert "Who writes the first chains of thought?" in page
    assert "Leaf rake 60 cm" in page


def test_a_row_with_a_fault_is_named_by_the_check_and_left_out(lead: Client) -> None:
    url = sent(lead, GARDEN + b"spade;;S1;Garden;;;exact\n")["Location"]
    lead.post(f"{url}plan/", chosen(lead, url) | {"check": "1"})
    number = ImportJob.objects.get().pk
    import_job_run(job_id=number)
    page = lead.get(url).content.decode()
    assert "the title is missing" in page
    assert "Import 3 rows" in page
    lead.post(f"{url}start/")
    import_job_run(job_id=number)
    assert Pair.objects.count() == 3


def test_a_project_by_the_same_name_is_refused_beside_the_field(lead: Client) -> None:
    make_project(slug="garden", name="garden SHOP")
    answer = sent(lead, GARDEN)
    assert answer.status_code == 422
    assert "already a project by this name" in answer.context["form"].errors["name"][0]
    assert not ImportJob.objects.exists()


def test_a_file_that_is_none_leaves_no_project(lead: Client, uploads: Path) -> None:
    answer = sent(lead, b"PK\x03\x04", "garden.csv")
    assert answer.status_code == 422
    assert "a zip archive or an Excel workbook" in answer.context["form"].errors["upload"][0]
    assert not Project.objects.exists()
    assert not [path for path in uploads.rglob("*") if path.is_file()]


def test_columns_that_are_missing_or_meant_twice_are_named_before_a_check(
    lead: Client,
) -> None:
    url = sent(lead, GARDEN)["Location"]
    fields = chosen(lead, url) | {"column-1": "query", "check": "1"}
    answer: Any = lead.post(f"{url}plan/", fields)
    assert answer.status_code == 422
    assert answer.context["reading"].problems == [
        "Search, Article: only one column can be the query: what a shopper typed.",
        "Say which column is the product's title.",
    ]
    assert ImportJob.objects.get().state == "draft"


def test_an_annotator_may_not(client: Client) -> None:
    client.force_login(make_user(Role.ANNOTATOR))
    assert client.get("/projects/new/").status_code == 403
    assert sent(client, GARDEN).status_code == 403
    assert not Project.objects.exists()


def test_a_name_without_latin_letters_gets_a_short_name_all_the_same(lead: Client) -> None:
    sent(lead, GARDEN, name="园艺商店")
    assert Project.objects.get().slug == "project"


def test_a_split_that_is_chosen_is_shown_and_holds(lead: Client) -> None:
    url = sent(lead, GARDEN)["Location"]
    fields = chosen(lead, url) | {"split": "test"}
    assert lead.post(f"{url}plan/", fields).context["reading"].pairs
    lead.post(f"{url}plan/", fields | {"check": "1"})
    number = ImportJob.objects.get().pk
    import_job_run(job_id=number)
    lead.post(f"{url}start/")
    import_job_run(job_id=number)
    assert set(Pair.objects.values_list("split", flat=True)) == {"test"}
