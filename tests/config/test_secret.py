from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.embedded import ROOT
from config.secret import secret_key


def test_an_embedded_installation_makes_a_key_once_and_keeps_it(tmp_path: Path) -> None:
    first = secret_key("", embedded=True, folder=tmp_path)
    assert len(first) >= 50
    assert secret_key("", embedded=True, folder=tmp_path) == first
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_two_installations_have_different_keys(tmp_path: Path) -> None:
    keys = {secret_key("", embedded=True, folder=tmp_path / name) for name in "ab"}
    assert len(keys) == 2


def test_a_configured_key_is_used_and_nothing_is_written(tmp_path: Path) -> None:
    assert secret_key("mine", embedded=False, folder=tmp_path) == "mine"
    assert list(tmp_path.iterdir()) == []


def test_the_key_of_the_example_stops_a_server_of_ones_own(tmp_path: Path) -> None:
    example = dict(
        line.split("=", 1)
        for line in (ROOT / ".env.example").read_text().splitlines()
        if not line.startswith("#")
    )
    with pytest.raises(ImproperlyConfigured, match="token_urlsafe"):
        secret_key(f"{example['STEPWISE_SECRET_KEY']}\n", embedded=False, folder=tmp_path)


def test_no_other_file_of_the_project_holds_a_key_that_could_be_copied() -> None:
    names = ("Dockerfile", "docker-compose.yml", "docs/operations.md", "README.md")
    text = "\n".join((ROOT / name).read_text() for name in names)
    keys = re.findall(r"STEPWISE_SECRET_KEY[=:] *([^\s`]+)", text)
    assert keys
    assert [key for key in keys if not key.startswith("$")] == []


def test_a_server_of_ones_own_without_a_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="STEPWISE_SECRET_KEY"):
        secret_key("", embedded=False, folder=tmp_path)
