"""The port and the data folder: each belongs to one running Stepwise."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
from pathlib import Path
from typing import IO

PORTS_TRIED = 20


class Taken(RuntimeError):
    """The message says what is taken and what to do."""


def folder_claim(folder: Path) -> IO[str]:
    """Hold the data folder as long as the returned file is open.

    The kernel drops the lock with the process, so a killed one leaves nothing stale behind.

    Raises:
        Taken: another Stepwise runs on this folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle = (folder / "supervisor.lock").open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.seek(0)
        who = handle.read().strip() or "another process"
        raise Taken(
            f"Stepwise already runs on {folder} ({who}); stop it, or set STEPWISE_DATA_DIR"
        ) from error
    return handle


def folder_note(handle: IO[str], url: str) -> None:
    """Write who holds the folder, for the message of the next one who tries."""
    handle.truncate(0)
    handle.write(f"process {os.getpid()}, {url}\n")
    handle.flush()


def port_choose(host: str, wanted: int) -> int:
    """``wanted``, or the next free port after it.

    Raises:
        Taken: none of the next twenty is free, or the host is not ours.
    """
    for port in range(wanted, min(wanted + PORTS_TRIED, 65_536)):
        if _is_free(host, port):
            return port
    raise Taken(
        f"ports {wanted} to {wanted + PORTS_TRIED - 1} are taken; try make run PORT=9000"
    )


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise Taken(f"cannot listen on {host}:{port}: {error.strerror}") from error
    return True
