"""The application with one more task, for tests/config/test_redelivery.py."""

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
