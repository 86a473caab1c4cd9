from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from config.embedded import ROOT
from config.heartbeat import QUEUES
from config.supervisor import processes
from config.supervisor.child import STEADY_SECONDS, Child, backoff, how_ended
from config.supervisor.console import Console
from config.supervisor.place import Taken, folder_claim, folder_note, port_choose


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30  # an upper bound for a busy machine; nothing is timed
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def watch_until(child: Child, true: Callable[[], bool]) -> None:
    def look() -> bool:
        child.watch()
        return true()

    wait_until(look)


def child(code: str, out: io.StringIO, clock: Clock) -> Child:
    process = processes.Process("web", (sys.executable, "-c", code))
    return Child(process, Console(out), dict(os.environ), clock)


def test_restarts_wait_twice_as_long_each_time_and_at_most_half_a_minute() -> None:
    assert [backoff(n) for n in (1, 2, 3, 6, 60)] == [1.0, 2.0, 4.0, 30.0, 30.0]


def test_an_end_is_told_by_code_or_signal() -> None:
    assert how_ended(3) == "ended with code 3"
    assert how_ended(128 + signal.SIGKILL) == "was ended by SIGKILL"
    assert how_ended(-signal.SIGTERM) == "was ended by SIGTERM"


def test_a_child_that_ends_is_told_and_started_again_after_the_backoff() -> None:
    out, clock = io.StringIO(), Clock()
    flaky = child("print('hello', flush=True); raise SystemExit(3)", out, clock)
    flaky.start()
    watch_until(flaky, lambda: "ended with code 3" in out.getvalue())
    assert "starting it again in 1 s" in out.getvalue()
    wait_until(lambda: "web       | hello" in out.getvalue())
    for _ in range(3):
        flaky.watch()
    assert flaky.wait_seconds(0) == 0  # not before its time
    clock.now += 1.0
    flaky.watch()
    watch_until(flaky, lambda: "again in 2 s" in out.getvalue())


def test_a_child_that_lived_long_starts_its_backoff_anew() -> None:
    out, clock = io.StringIO(), Clock()
    steady = child("raise SystemExit(1)", out, clock)
    steady.start()
    clock.now += STEADY_SECONDS
    watch_until(steady, lambda: "again in 1 s" in out.getvalue())
    clock.now += 1.0
    steady.watch()
    clock.now += STEADY_SECONDS
    watch_until(steady, lambda: out.getvalue().count("again in 1 s") == 2)


def test_killing_a_child_takes_its_own_children_along(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = (
        "import subprocess, sys, pathlib; "
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
        f"pathlib.Path({str(note)!r}).write_text(str(p.pid)); p.wait()"
    )
    parent = child(code, io.StringIO(), Clock())
    parent.start()
    wait_until(lambda: note.exists() and note.read_text() != "")
    grandchild = psutil.Process(int(note.read_text()))
    parent.kill()
    wait_until(
        lambda: not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE
    )


def test_a_polite_stop_reaches_the_command_itself(tmp_path: Path) -> None:
    note = tmp_path / "note"
    code = (
        "import signal, sys, pathlib, time; "
        f"note = pathlib.Path({str(note)!r}); "
        "signal.signal(signal.SIGTERM, lambda *_: (note.write_text('bye'), sys.exit(0))); "
        "note.write_text('up'); time.sleep(600)"
    )
    polite = child(code, io.StringIO(), Clock())
    polite.start()
    wait_until(lambda: note.exists() and note.read_text() == "up")
    polite.terminate()
    wait_until(lambda: polite.wait_seconds(0.1) == 0)
    assert note.read_text() == "bye"
    polite.kill()


def test_a_data_folder_belongs_to_one_supervisor(tmp_path: Path) -> None:
    with folder_claim(tmp_path) as claim:
        folder_note(claim, "http://127.0.0.1:8000")
        with pytest.raises(Taken, match=f"process {os.getpid()}, http://127"):
            folder_claim(tmp_path)
    folder_claim(tmp_path).close()


def test_a_taken_port_gives_the_next_free_one() -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        assert port < port_choose("127.0.0.1", port) < port + 20


def test_a_host_that_is_not_ours_is_told() -> None:
    with pytest.raises(Taken, match=r"cannot listen on 192\.0\.2\.1"):
        port_choose("192.0.2.1", 8000)


def test_every_queue_has_a_worker_and_beat_and_web_run_too() -> None:
    names = [process.name for process in processes.everything("127.0.0.1", 8000)]
    assert names == ["web", *QUEUES, "beat"]


def test_the_connection_budget_counts_every_process() -> None:
    # 2 web processes x (4 threads + 3), 4 workers x 6, beat 3
    assert processes.connections_needed() == 41


def test_make_dev_starts_a_process_anew_when_a_source_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pages").mkdir()
    monkeypatch.setattr(processes, "ROOT", tmp_path)
    monkeypatch.setattr(processes, "SOURCES", ("pages",))
    code = "import pathlib, time; pathlib.Path('starts').open('a').write('x'); time.sleep(60)"
    process = processes.reloading(processes.Process("web", (sys.executable, "-c", code)))
    watcher = subprocess.Popen(process.command, cwd=tmp_path)
    starts = tmp_path / "starts"
    try:
        wait_until(lambda: starts.exists() and starts.read_text() == "x")
        changes = iter(range(1000))

        def started_anew() -> bool:
            (tmp_path / "pages" / "label.html").write_text(str(next(changes)))
            return len(starts.read_text()) > 1

        wait_until(started_anew)
    finally:
        watcher.terminate()
        assert watcher.wait(10) is not None


def test_only_make_dev_reloads() -> None:
    plain = processes.everything("127.0.0.1", 8000)
    dev = processes.everything("127.0.0.1", 8000, reload=True)
    assert [process.name for process in dev] == [process.name for process in plain]
    assert not any("watchfiles" in process.command for process in plain)
    assert all("watchfiles" in process.command for process in dev)
    assert all((ROOT / name).is_dir() for name in processes.SOURCES)
