"""The application with a few more tasks, for the tests that use tests/config/workers.py."""

from __future__ import annotations

import os
import time
from pathlib import Path

from config.celery import app


@app.task(name="tests.attempt")
def attempt(path: str) -> None:
    """Note every delivery; the first one never comes back."""
    with Path(path).open("a") as notes:
        notes.write(f"{os.getpid()}\n")
    if len(Path(path).read_text().splitlines()) == 1:
        time.sleep(600)


@app.task(name="tests.note")
def note(path: str, word: str, gate: str = "") -> None:
    """Note the word at the start; with a gate, end when somebody opens it."""
    with Path(path).open("a") as notes:
        notes.write(f"{word}\n")
    while gate and not Path(gate).exists():
        time.sleep(0.05)
