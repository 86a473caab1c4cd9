from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env import env_bool, env_gone, env_int, env_list, env_str


def test_a_number_outside_its_range_is_refused_with_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STEPWISE_X", "0")
    with pytest.raises(ImproperlyConfigured, match=r"STEPWISE_X=0 is outside 1\.\.5"):
        env_int("STEPWISE_X", 3, 1, 5)


def test_a_word_is_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPWISE_X", "many")
    with pytest.raises(ImproperlyConfigured, match="STEPWISE_X='many' is not a whole number"):
        env_int("STEPWISE_X", 3, 1, 5)


@pytest.mark.parametrize(("raw", "value"), [("1", True), ("Yes", True), ("off", False)])
def test_booleans_are_read_in_their_usual_spellings(
    monkeypatch: pytest.MonkeyPatch, raw: str, value: bool
) -> None:
    monkeypatch.setenv("STEPWISE_X", raw)
    assert env_bool("STEPWISE_X", not value) is value


def test_a_misspelt_boolean_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPWISE_X", "flase")
    with pytest.raises(ImproperlyConfigured, match="STEPWISE_X='flase'"):
        env_bool("STEPWISE_X", False)


def test_a_secret_can_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from the file\n")
    monkeypatch.setenv("STEPWISE_X", "from the environment")
    monkeypatch.setenv("STEPWISE_X_FILE", str(tmp_path / "secret"))
    assert env_str("STEPWISE_X") == "from the file"


def test_a_list_has_no_empty_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPWISE_X", "a, b,,")
    assert env_list("STEPWISE_X", "") == ["a", "b"]


def test_a_variable_that_nothing_reads_any_more_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    env_gone("STEPWISE_X", "set Y")
    monkeypatch.setenv("STEPWISE_X", "1")
    with pytest.raises(ImproperlyConfigured, match="STEPWISE_X is not read any more: set Y"):
        env_gone("STEPWISE_X", "set Y")
