"""The OpenAPI description is complete and the committed one is current."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

from django.core.management import call_command
from django.utils import translation

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"


def test_the_committed_schema_is_what_the_code_describes_without_a_warning() -> None:
    out = StringIO()
    with translation.override("en"):
        call_command("spectacular", fail_on_warn=True, validate=True, stdout=out)
    again = "manage.py spectacular --fail-on-warn --file docs/openapi.yaml"
    assert COMMITTED.read_text() == out.getvalue(), f"make it again: {again}"
