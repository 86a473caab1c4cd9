from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from config.embedded import data_dir, is_embedded, postmaster_pid, stale_lock_clear


def lock(folder: Path, pid: object) -> Path:
    path = folder / "postmaster.pid"
    path.write_text(f"{pid}\n{folder}\n")
    return path


def dead_pid() -> int:
    child = subprocess.Popen(["true"])
    child.wait()
    return child.pid


def test_the_lock_of_a_number_that_is_another_program_by_now_is_removed(tmp_path: Path) -> None:
    path = lock(tmp_path, os.getpid())  # pytest is no postgres
    assert postmaster_pid(tmp_path) is None
    assert stale_lock_clear(tmp_path)
    assert not path.exists()


def test_the_lock_of_a_dead_process_is_left_to_postgres(tmp_path: Path) -> None:
    path = lock(tmp_path, dead_pid())
    assert postmaster_pid(tmp_path) is None
    assert not stale_lock_clear(tmp_path)
    assert path.exists()


def test_a_half_written_lock_is_removed(tmp_path: Path) -> None:
    path = lock(tmp_path, "")
    assert stale_lock_clear(tmp_path)
    assert not path.exists()


def test_without_a_lock_nothing_runs_and_nothing_is_removed(tmp_path: Path) -> None:
    assert postmaster_pid(tmp_path) is None
    assert not stale_lock_clear(tmp_path)


def test_the_server_of_these_tests_is_found_and_its_lock_kept() -> None:
    folder = data_dir() / "postgres"
    if not folder.exists():
        pytest.skip("these tests run on a server of DATABASE_URL")
    assert postmaster_pid(folder) is not None
    assert not stale_lock_clear(folder)


def test_a_database_url_from_outside_is_not_embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STEPWISE_EMBEDDED", raising=False)
    monkeypatch.setenv("DATABASE_URL", "postgresql://somewhere/else")
    assert not is_embedded()
    monkeypatch.delenv("DATABASE_URL")
    assert is_embedded()
