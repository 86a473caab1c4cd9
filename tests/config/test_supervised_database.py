from __future__ import annotations

import io
import shutil
import subprocess
from collections import namedtuple
from pathlib import Path

import pytest

from config.supervisor import database as module
from config.supervisor.console import Console
from config.supervisor.database import CannotStart, Database

Usage = namedtuple("Usage", "total used free")


class World:
    """A server that runs or not, a disk with so many bytes free, and a clock."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pid: int | None = 1
        self.free = 10**12
        self.refuses = False
        self.starts = 0
        self.now = 0.0
        self.out = io.StringIO()
        (folder / "postgres").mkdir()
        self.log = folder / "postgres" / "log"
        monkeypatch.delenv("DATABASE_URL", raising=False)
        monkeypatch.setenv("STEPWISE_EMBEDDED", "")
        monkeypatch.setattr(shutil, "disk_usage", lambda _p: Usage(0, 0, self.free))
        monkeypatch.setattr(module, "postmaster_pid", lambda _p: self.pid)
        monkeypatch.setattr(module, "start_embedded", lambda _p: "postgresql://x/y")
        monkeypatch.setattr(module, "restart_embedded", self.restart)
        monkeypatch.setattr(module, "stop_embedded", lambda _p: True)
        self.database = Database(folder, Console(self.out), lambda: self.now)

    def restart(self, _folder: Path) -> None:
        self.starts += 1
        if self.refuses:
            raise subprocess.CalledProcessError(1, "pg_ctl")
        self.pid = 2

    @property
    def console_text(self) -> str:
        return self.out.getvalue()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


def test_a_server_that_died_is_started_again(world: World) -> None:
    world.database.start()
    world.database.watch()
    assert world.starts == 0
    world.pid = None
    world.database.watch()
    assert world.starts == 1
    assert "PostgreSQL is gone; starting it again" in world.console_text
    assert "PostgreSQL is back" in world.console_text


def test_a_server_that_does_not_start_is_tried_again_later_and_says_its_last_words(
    world: World,
) -> None:
    world.database.start()
    world.pid, world.refuses = None, True
    world.log.write_text("LOG:  fine\nFATAL:  could not write lock file\nLOG:  shut down\n")
    world.database.watch()
    world.database.watch()
    assert world.starts == 1
    assert "FATAL:  could not write lock file; again in 1 s" in world.console_text
    world.now, world.refuses = 1.0, False
    world.database.watch()
    assert world.starts == 2
    assert "PostgreSQL is back" in world.console_text


def test_a_server_that_was_slower_to_recover_than_the_command_waited_is_told_to_be_back(
    world: World,
) -> None:
    world.database.start()
    world.pid, world.refuses = None, True
    world.database.watch()
    assert "PostgreSQL is back" not in world.console_text
    world.pid, world.now = 3, 1.0
    world.database.watch()
    world.database.watch()
    assert world.starts == 1
    assert world.console_text.count("PostgreSQL is back") == 1


def test_a_full_disk_is_named_as_the_reason(world: World) -> None:
    world.database.start()
    world.pid, world.refuses, world.free = None, True, 1000
    world.database.watch()
    assert "it did not start: the disk is full" in world.console_text


def test_short_space_is_told_but_not_at_every_look(world: World) -> None:
    world.database.start()
    world.free = 312_000_000
    for world.now in (0.0, 1.0, 29.0):
        world.database.watch()
    assert world.console_text.count("only 312 MB are free") == 1
    world.now = 30.0
    world.database.watch()
    assert world.console_text.count("only 312 MB are free") == 2


def test_nothing_is_started_on_a_full_disk(world: World) -> None:
    world.free = 49_000_000
    with pytest.raises(CannotStart, match="49 MB are free: the disk is full"):
        world.database.start()


def test_a_server_of_database_url_is_neither_watched_nor_stopped(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://their/server")
    assert world.database.start() == "postgresql://their/server"
    world.pid = None
    world.database.watch()
    world.database.stop()
    assert world.starts == 0
    assert "stopped" not in world.console_text
