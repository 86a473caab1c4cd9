"""One row in a table of export formats is all that a format needs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from pytest_django import Settings

from annotation.exports.admin import ExportForm
from annotation.exports.formats import ExportFormat
from annotation.exports.formats import formats as all_formats
from annotation.people.roles import Role
from tests.annotation.exports.world import decided_project
from tests.factories import make_project, make_user

PAGE = Path(__file__).resolve().parents[3] / "docs" / "exporting.md"


@pytest.fixture
def _toy(settings: Settings) -> None:
    toy = "tests.annotation.exports.toy_format.FORMATS"
    settings.EXPORT_FORMATS = (*settings.EXPORT_FORMATS, toy)


def undocumented(formats: Iterable[ExportFormat]) -> list[str]:
    """Those without a place in the table of the page."""
    rows = re.findall(r"^\| (`.+?) \|", PAGE.read_text(), re.MULTILINE)
    told = {name for row in rows for name in re.findall(r"`(.+?)`", row)}
    return [each.name for each in formats if each.name not in told]


def test_the_page_tells_every_format() -> None:
    assert undocumented(all_formats().values()) == []


@pytest.mark.usefixtures("_toy")
def test_a_format_that_is_not_documented_is_named() -> None:
    assert undocumented(all_formats().values()) == ["toy"]


@pytest.mark.usefixtures("_toy")
@pytest.mark.django_db
def test_a_row_puts_a_format_on_the_page_and_on_the_form() -> None:
    form = ExportForm()
    assert ("toy", "toy: decided tiers as stars") in form.fields["format"].choices  # type: ignore[attr-defined]
    client = Client()
    client.force_login(make_user(Role.LEAD))
    make_project()
    assert "toy: decided tiers as stars" in client.get("/exports/").content.decode()


@pytest.mark.usefixtures("_toy")
def test_a_row_puts_a_format_into_the_schema_of_the_api() -> None:
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    assert "toy" in schema["components"]["schemas"]["FormatEnum"]["enum"]


@pytest.mark.usefixtures("_toy")
@pytest.mark.django_db
def test_a_row_is_a_format_of_the_command(tmp_path: Path) -> None:
    file, project = tmp_path / "stars.csv", decided_project()
    words = ["export_labels", str(file), "--project", project.slug, "--format", "toy"]
    call_command(*words, stdout=StringIO())
    assert file.read_text().splitlines() == ["query,stars", "red shoes,**"]
