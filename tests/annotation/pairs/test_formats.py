"""One row in the table of import formats is all that a format needs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator
from pytest_django import Settings

from annotation.models import Pair
from annotation.pairs.formats import ImportFormat
from annotation.pairs.formats import formats as all_formats
from annotation.pairs.jobs_admin import ImportForm
from tests.factories import make_project

PAGE = Path(__file__).resolve().parents[3] / "docs" / "importing.md"


@pytest.fixture
def _toy(settings: Settings) -> None:
    toy = "tests.annotation.pairs.toy_format.FORMATS"
    settings.IMPORT_FORMATS = (*settings.IMPORT_FORMATS, toy)


def undocumented(formats: Iterable[ImportFormat]) -> list[str]:
    """What the page does not tell: a format's row, its options in it, its heading."""
    page = PAGE.read_text()
    told = dict(re.findall(r"^\| `(.+?)` (.*)$", page, re.MULTILINE))
    missing: list[str] = []
    for each in formats:
        line = told.get(each.name, "")
        missing += [each.name] if not line else []
        missing += [f"{each.name}: {o.name}" for o in each.takes if f"`{o.name}`" not in line]
        missing += [each.doc] if f"\n## {each.doc}\n" not in page else []
    return missing


def test_the_page_tells_every_format_with_its_options() -> None:
    assert undocumented(all_formats().values()) == []


@pytest.mark.usefixtures("_toy")
def test_a_format_that_is_not_documented_is_named() -> None:
    assert undocumented(all_formats().values()) == ["toy", "toy: shelf", "Toys"]


@pytest.mark.usefixtures("_toy")
def test_a_row_puts_a_format_on_the_form() -> None:
    form = ImportForm()
    assert ("toy", "toys, q and t") in form.fields["adapter"].choices  # type: ignore[attr-defined]
    assert form.fields["shelf"].help_text == "toy: where the toys are"


@pytest.mark.usefixtures("_toy")
def test_a_row_puts_a_format_into_the_schema_of_the_api() -> None:
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    upload = schema["components"]["schemas"]["ImportUpload"]["properties"]
    assert "shelf" in upload
    assert "toy" in str(schema["components"]["schemas"]["AdapterEnum"]["enum"])


@pytest.mark.usefixtures("_toy")
@pytest.mark.django_db
def test_a_row_is_a_format_of_the_command(tmp_path: Path) -> None:
    file, project = tmp_path / "toys.csv", make_project()
    file.write_text("q,t\nred car,Car\n")
    words = ["import_pairs", str(file), "--project", project.slug, "--adapter", "toy"]
    call_command(*words, "--shelf", "Cars", stdout=StringIO())
    assert Pair.objects.get().product.category_path == "Cars"
