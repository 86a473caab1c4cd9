"""Migrations are append-only."""

from __future__ import annotations

from pathlib import Path

from config.embedded import ROOT
from tests.migration_record import RECORD, add, changed, files, recorded, unrecorded


def test_no_migration_that_landed_was_edited_or_removed() -> None:
    complaints = changed(files(ROOT), recorded(RECORD))
    assert complaints == [], "\n".join(complaints)


def test_every_migration_is_recorded() -> None:
    complaints = unrecorded(files(ROOT), recorded(RECORD))
    assert complaints == [], "\n".join(complaints)


def test_the_command_adds_what_is_new_and_never_accepts_an_edit(tmp_path: Path) -> None:
    record, folder = tmp_path / "record", tmp_path / "shop" / "migrations"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    first, second = folder / "0001_initial.py", folder / "0002_more.py"
    first.write_text("one")
    assert add(tmp_path, record) == []
    before = recorded(record)
    assert list(before) == ["shop/migrations/0001_initial.py"]

    second.write_text("two")
    assert unrecorded(files(tmp_path), before) == [
        "shop/migrations/0002_more.py is not recorded: run `python -m tests.migration_record`"
    ]
    first.write_text("one, better")
    [complaint] = add(tmp_path, record)
    assert complaint.startswith("shop/migrations/0001_initial.py has landed and was edited")
    assert recorded(record) == {**files(tmp_path), **before}

    second.unlink()
    first.write_text("one")
    [complaint] = changed(files(tmp_path), recorded(record))
    assert complaint.startswith("shop/migrations/0002_more.py has landed and was removed")
