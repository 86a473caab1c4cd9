from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import psutil
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


def test_the_locks_of_a_server_that_nobody_reaped_are_removed(tmp_path: Path) -> None:
    child = subprocess.Popen(["true"])
    path, socket = lock(tmp_path, child.pid), tmp_path / ".s.PGSQL.5432.lock"
    socket.touch()
    while psutil.Process(child.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    assert postmaster_pid(tmp_path) is None
    assert stale_lock_clear(tmp_path)
    assert not path.exists()
    assert not socket.exists()
    child.wait()


def test_no_lock_is_removed_while_a_session_of_the_old_server_works_on_the_data(
    tmp_path: Path,
) -> None:
    path = lock(tmp_path, os.getpid())
    program = tmp_path / "postgres"  # a process of that name which stands in the folder
    shutil.copy(shutil.which("sleep") or "/bin/sleep", program)
    session = subprocess.Popen([str(program), "600"], cwd=tmp_path)
    try:
        assert not stale_lock_clear(tmp_path)
        assert path.exists()
    finally:
        session.kill()
        session.wait()
    assert stale_lock_clear(tmp_path)


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
