"""Start everything, watch it, and stop all of it at Ctrl-C or SIGTERM."""

from __future__ import annotations

import os
import signal
import sys
import threading
import urllib.error
import urllib.request
from time import monotonic

from django.core.exceptions import ImproperlyConfigured

from config.embedded import data_dir
from config.env import env_bool, env_int
from config.supervisor import processes
from config.supervisor.child import Child
from config.supervisor.console import Console
from config.supervisor.database import CannotStart, Database
from config.supervisor.place import Taken, folder_claim, folder_note, port_choose

TICK = 0.5
GRACE_SECONDS = 8.0
# Without collectstatic files are served from where they lie; and who runs as root knows it.
KNOWN_WARNINGS = ("ignore:No directory at", "ignore::Warning:celery.platforms")


class Supervisor:
    def __init__(self, console: Console) -> None:
        self.console = console
        self.database = Database(data_dir(), console)
        self.children: list[Child] = []
        self._stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._asked_to_stop)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup asked to go on
            signal.signal(signal.SIGHUP, self._asked_to_stop)

    def run(self, host: str, port: int, *, reload: bool = False) -> int:
        url = self.database.start()
        if not self._set_up():
            return 0 if self._stop.is_set() else 1
        self.console.say(self.database.budget(url))
        started = processes.everything(host, port, reload=reload)
        self.children = [self._child(process) for process in started]
        for child in self.children:
            child.start()
        self._wait_ready(host, port)
        while not self._stop.wait(TICK):
            self._watch()
        return 0

    def stop(self) -> None:
        """Everybody is asked first; who does not end in time is ended."""
        if self.children:
            self.console.say("stopping; jobs under way go on at the next start")
        for child in self.children:
            child.terminate()
        deadline = monotonic() + GRACE_SECONDS
        for child in self.children:
            child.wait_seconds(max(0.0, deadline - monotonic()))
            child.kill()
        self.database.stop()

    def _set_up(self) -> bool:
        """Migrations, broker tables and the sample; False when it failed or was interrupted."""
        setup = self._child(processes.bootstrap())
        setup.start()
        code = None
        while code is None and not self._stop.is_set():
            code = setup.wait_seconds(TICK)
        setup.terminate()
        setup.wait_seconds(GRACE_SECONDS)
        setup.kill()
        if code:
            self.console.say("the set-up failed; the lines above say why")
        return code == 0

    def _wait_ready(self, host: str, port: int) -> None:
        shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host
        address = f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"
        while not self._stop.wait(TICK):
            self._watch()
            if _answers(f"{address}/healthz"):
                self.console.say(f"\nStepwise is ready: {address}")
                self.console.say("Ctrl-C stops everything.\n")
                return

    def _watch(self) -> None:
        self.database.watch()
        for child in self.children:
            child.watch()

    def _child(self, process: processes.Process) -> Child:
        extra = {"PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": ",".join(KNOWN_WARNINGS)}
        return Child(process, self.console, {**os.environ, **extra})

    def _asked_to_stop(self, *_: object) -> None:
        if self._stop.is_set():  # asked twice: do not wait for anybody
            for child in self.children:
                child.kill()
        self._stop.set()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def main() -> int:
    console = Console()
    try:
        claim = folder_claim(data_dir())
        host, wanted = os.environ.get("HOST") or "127.0.0.1", env_int("PORT", 8000, 1, 65_535)
        port = port_choose(host, wanted)
    except (Taken, ImproperlyConfigured, OSError) as error:
        console.say(str(error))
        return 1
    if port != wanted:
        console.say(
            f"port {wanted} is taken by another program: using {port} (PORT=... chooses)"
        )
    folder_note(claim, f"http://{host}:{port}")
    supervisor = Supervisor(console)
    try:
        return supervisor.run(host, port, reload=env_bool("STEPWISE_RELOAD", False))
    except CannotStart as error:
        console.say(str(error), "database")
        return 1
    finally:
        supervisor.stop()


if __name__ == "__main__":
    sys.exit(main())
