from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.training.world import gone
from training.job.child import ROOT, JobFailed, JobProcess, JsonLinesTail, follow, job_rows

SLEEP = "import time, os; print(os.getpid(), flush=True); time.sleep(600)"


def ended(child: JobProcess) -> int:
    child.wait(30)
    code = child.poll()
    assert code is not None
    return code


def printed_pid(log: Path) -> int:
    until = time.monotonic() + 30
    while not (log.exists() and log.read_text().strip()):
        assert time.monotonic() < until, "the child never printed"
        time.sleep(0.02)
    return int(log.read_text().split()[0])


def test_the_exit_code_and_the_last_line_are_passed_on(tmp_path: Path) -> None:
    script = "import sys; print('one'); print('two'); print(); sys.exit(4)"
    child = JobProcess([sys.executable, "-c", script], log=tmp_path / "log")
    assert ended(child) == 4
    assert child.last_line() == "two"


def test_a_killed_command_reports_its_signal(tmp_path: Path) -> None:
    child = JobProcess([sys.executable, "-c", SLEEP], log=tmp_path / "log")
    os.kill(printed_pid(tmp_path / "log"), signal.SIGKILL)
    assert ended(child) == 128 + signal.SIGKILL


def test_terminate_reaches_the_command_and_kill_ends_the_group(tmp_path: Path) -> None:
    child = JobProcess([sys.executable, "-c", SLEEP], log=tmp_path / "log")
    printed_pid(tmp_path / "log")
    child.terminate()
    assert ended(child) == 128 + signal.SIGTERM
    other = JobProcess([sys.executable, "-c", SLEEP], log=tmp_path / "other")
    pid = printed_pid(tmp_path / "other")
    other.kill()
    assert gone(pid)
    other.kill()  # harmless after the end


def test_a_command_that_is_not_there_is_an_exit_code_and_a_line(tmp_path: Path) -> None:
    child = JobProcess(["/no/such/command"], log=tmp_path / "log")
    assert ended(child) == 127
    assert child.last_line() == "cannot start /no/such/command: No such file or directory"


@pytest.mark.parametrize("victim", ["parent", "guard"])
def test_no_command_outlives_a_killed_parent_or_guard(tmp_path: Path, victim: str) -> None:
    log = tmp_path / "log"
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time; from pathlib import Path\n"
            "from training.job.child import JobProcess\n"
            f"c = JobProcess([sys.executable, '-c', {SLEEP!r}], log=Path({str(log)!r}))\n"
            "print(c.pid, flush=True)\n"
            "while c.poll() is None: time.sleep(0.05)",
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    guard, command = int(parent.stdout.readline()), printed_pid(log)
    os.kill(parent.pid if victim == "parent" else guard, signal.SIGKILL)
    assert gone(command)
    parent.wait(30)
    parent.stdout.close()


def test_the_tail_waits_for_whole_lines_and_skips_unreadable_ones(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    tail = JsonLinesTail(path)
    assert list(tail.read()) == []
    path.write_text('{"a": 1}\n{"a": ')
    assert list(tail.read()) == [{"a": 1}]
    with path.open("a") as out:
        out.write('2}\n{"a": {"a": 3}\n[4]\n\n{"a": NaN}\n')
    assert list(tail.read()) == [{"a": 2}, {"a": None}]
    assert list(tail.read()) == []


def test_a_long_log_is_cut_at_a_line(tmp_path: Path) -> None:
    script = "for i in range(3000): print(f'line {i:05d}')"
    child = JobProcess([sys.executable, "-c", script], log=tmp_path / "log")
    assert ended(child) == 0
    lines = child.tail().splitlines()
    assert lines[-1] == "line 02999"
    assert all(len(line) == 10 for line in lines)
    assert len(child.tail()) <= 8000


def test_following_gives_every_row_and_the_code_once_at_the_end(tmp_path: Path) -> None:
    script = (
        "import sys; out = open(sys.argv[1], 'a')\n"
        "for n in range(3): print('{\"n\": %d}' % n, file=out, flush=True)\n"
        "sys.exit(3)"
    )
    path = tmp_path / "rows.jsonl"
    with JobProcess([sys.executable, "-c", script, str(path)], log=tmp_path / "log") as process:
        seen = list(follow(process, JsonLinesTail(path)))
    assert [row for rows, _code in seen for row in rows] == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert [code for _rows, code in seen] == [None] * (len(seen) - 1) + [3]


def test_a_job_that_ends_badly_gives_what_it_wrote_and_then_its_last_line(
    tmp_path: Path,
) -> None:
    script = (
        "import sys; open(sys.argv[1], 'w').write('{\"n\": 1}\\n')\n"
        "print('no such model'); sys.exit(4)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "out.jsonl")]
    rows: list[object] = []
    job = job_rows(command, tmp_path, "out.jsonl", lambda: None)
    with pytest.raises(JobFailed, match=r"ended with code 4: no such model"):
        rows.extend(row for more in job for row in more)
    assert rows == [{"n": 1}]


def test_whoever_stops_waiting_ends_the_job(tmp_path: Path) -> None:
    def stop() -> None:
        if (tmp_path / "job.log").read_text().strip():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(job_rows([sys.executable, "-c", SLEEP], tmp_path, "out.jsonl", stop))
    assert gone(printed_pid(tmp_path / "job.log"))
