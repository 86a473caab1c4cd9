"""Files of the pages are served without ``collectstatic``, and without a warning."""

from __future__ import annotations

import warnings
from contextlib import closing
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from config.static import StaticFilesMiddleware


@pytest.mark.django_db  # the end of a response closes what was opened for it
@pytest.mark.parametrize("collected", [False, True])
def test_files_are_served_whether_or_not_they_were_collected(
    settings: Settings, tmp_path: Path, collected: bool
) -> None:
    settings.STATIC_ROOT = tmp_path / "static"
    if collected:
        settings.STATIC_ROOT.mkdir()
        (settings.STATIC_ROOT / "only-collected.txt").write_text("here")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        middleware = StaticFilesMiddleware(lambda request: HttpResponse(status=404))
    assert status_of(middleware, "/static/app.css") == 200
    response = status_of(middleware, "/static/only-collected.txt")
    assert response == (200 if collected else 404)


def status_of(middleware: StaticFilesMiddleware, path: str) -> int:
    with closing(middleware(RequestFactory().get(path))) as answer:
        return int(answer.status_code)
