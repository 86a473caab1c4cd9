"""Runs one command and dies with it, or kills it when the parent is gone.

``python -m training.job.guard -- COMMAND...`` with stdin as a pipe whose other end only the
parent holds, in a session of its own. When the parent ends, however it ends, the pipe closes
and the whole process group is killed: no run goes on without somebody who watches it. A pipe,
because a parent-death signal exists on Linux alone and misses grandchildren. Imports nothing
of ours.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading


def main(argv: list[str]) -> int:
    """Returns the command's exit code, or 128 + n when signal n ended it."""
    command = argv[1:] if argv[:1] == ["--"] else argv
    # Handlers, unlike SIG_IGN, are not inherited by the command; the guard itself outlives
    # a polite signal to the group so that it can report how the command ended.
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: None)
    try:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    except OSError as error:
        print(f"cannot start {command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    threading.Thread(target=_die_with_parent, daemon=True).start()
    code = child.wait()
    return code if code >= 0 else 128 - code


def _die_with_parent() -> None:
    # Unbuffered: a thread that waits inside a buffered reader aborts the interpreter's exit.
    while os.read(0, 4096):
        pass
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
