"""An upload whose connection ends before the file does."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from annotation.models import ImportJob, Project
from annotation.people.roles import Role
from tests.annotation.starting.test_new_project import GARDEN, lead, uploads
from tests.api.clients import client_of
from tests.factories import make_project

pytestmark = pytest.mark.django_db
__all__ = ["lead", "uploads"]
_PART = "--cut\r\nContent-Disposition: form-data; name="


def cut_off(client: Client, path: str, fields: dict[str, str], file: str) -> Any:
    """A form whose last part is a file; half of the file never comes."""
    parts = "".join(f'{_PART}"{name}"\r\n\r\n{text}\r\n' for name, text in fields.items())
    head = f'{parts}{_PART}"{file}"; filename="garden.csv"\r\n\r\n'.encode()
    return client.generic(
        "POST",
        path,
        content_type="multipart/form-data; boundary=cut",
        **{  # type: ignore[arg-type]
            "wsgi.input": BytesIO(head + GARDEN[: len(GARDEN) // 2]),
            "CONTENT_LENGTH": str(len(head + GARDEN) + len("\r\n--cut--\r\n")),
        },
    )


def test_an_upload_that_breaks_off_makes_no_project_and_leaves_no_file(
    lead: Client, uploads: Path
) -> None:
    answer = cut_off(lead, "/projects/new/", {"name": "Garden shop"}, "upload")
    assert answer.status_code == 422
    assert not Project.objects.exists()
    assert not ImportJob.objects.exists()
    assert list(uploads.rglob("*.*")) == []


def test_an_upload_over_the_api_that_breaks_off_imports_nothing(uploads: Path) -> None:
    make_project(slug="shop")
    client = client_of(Role.LEAD)
    answer = cut_off(client, "/api/v1/imports/", {"project": "shop"}, "file")
    assert answer.status_code == 400
    assert not ImportJob.objects.exists()
    assert list(uploads.rglob("*.*")) == []
