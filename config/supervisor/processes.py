"""What runs: one table for `make run`; docker-compose.yml starts the same commands."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass

from config.embedded import ROOT
from config.heartbeat import QUEUES

SOURCES = ("annotation", "config", "lab", "locale", "templates", "training", "verifier")

WEB_PROCESSES, WEB_THREADS = 2, 4
# Each worker: its broker pool and wake-up connection, the job's own, and a spare for results.
_CONNECTIONS_A_WORKER = 6
_CONNECTIONS_OF_BEAT = 3
_BROKER_CONNECTIONS_A_WEB_PROCESS = 3


@dataclass(frozen=True, slots=True)
class Process:
    name: str
    command: tuple[str, ...]


def web(host: str, port: int) -> Process:
    return Process(
        "web",
        (
            *(sys.executable, "-m", "granian", "config.wsgi:application"),
            *("--interface", "wsgi", "--host", host, "--port", str(port)),
            *("--workers", str(WEB_PROCESSES), "--blocking-threads", str(WEB_THREADS)),
            *("--respawn-failed-workers", "--respawn-interval", "0.5"),
            *("--workers-kill-timeout", "5", "--no-ws", "--log-level", "warning"),
        ),
    )


def worker(queue: str) -> Process:
    return Process(
        queue,
        (
            *(
                sys.executable,
                "-m",
                "celery",
                "-q",
                "-A",
                "config",
                "worker",
                "--queues",
                queue,
            ),
            *("--hostname", f"{queue}@%h", "--concurrency", "1", "--loglevel", "INFO"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ),
    )


def beat() -> Process:
    # The schedule is a table of intervals, so the scheduler that keeps no file is enough, and
    # a full disk or a killed process cannot damage it.
    return Process(
        "beat",
        (
            *(sys.executable, "-m", "celery", "-q", "-A", "config", "beat"),
            *("--scheduler", "celery.beat:Scheduler", "--loglevel", "WARNING", "--pidfile="),
        ),
    )


def bootstrap() -> Process:
    return Process("setup", (sys.executable, "manage.py", "bootstrap"))


def everything(host: str, port: int, *, reload: bool = False) -> list[Process]:
    """With ``reload`` each one starts anew when a source file changes (`make dev`)."""
    processes = [web(host, port), *(worker(queue) for queue in QUEUES), beat()]
    return [reloading(process) for process in processes] if reload else processes


def reloading(process: Process) -> Process:
    command = (sys.executable, "-m", "watchfiles", "--target-type", "command")
    folders = [str(ROOT / name) for name in SOURCES]
    return Process(process.name, (*command, shlex.join(process.command), *folders))


def connections_needed() -> int:
    """The most database connections all of it opens at once."""
    web_connections = WEB_PROCESSES * (WEB_THREADS + _BROKER_CONNECTIONS_A_WEB_PROCESS)
    return web_connections + len(QUEUES) * _CONNECTIONS_A_WORKER + _CONNECTIONS_OF_BEAT
