"""The migrations that landed, by content: `python -m tests.migration_record` adds new ones.

Whoever installed at an earlier commit has run them and never runs them again: an edit reaches
new installations only. So a recorded file never changes, and the command refuses to help.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from config.embedded import ROOT

RECORD = ROOT / "tests" / "migrations.sha256"  # as sha256sum writes it
COMMAND = "python -m tests.migration_record"


def files(root: Path) -> dict[str, str]:
    """Path below ``root`` -> hash of every migration there."""
    paths = sorted(root.glob("*/migrations/[0-9]*.py"))
    return {path.relative_to(root).as_posix(): _digest(path) for path in paths}


def recorded(record: Path) -> dict[str, str]:
    lines = record.read_text(encoding="utf-8").splitlines() if record.exists() else []
    return {path: digest for digest, path in (line.split("  ", 1) for line in lines)}


def changed(present: dict[str, str], landed: dict[str, str]) -> list[str]:
    """What is wrong with migrations that have landed, one line each."""
    return [
        f"{path} has landed and was {'edited' if path in present else 'removed'}: "
        f"`git checkout main -- {path}`, and put the change into a new migration"
        for path, digest in landed.items()
        if present.get(path) != digest
    ]


def unrecorded(present: dict[str, str], landed: dict[str, str]) -> list[str]:
    return [f"{path} is not recorded: run `{COMMAND}`" for path in present.keys() - landed]


def add(root: Path, record: Path) -> list[str]:
    """Record what is new; the complaints about what is not as it was, which stays recorded."""
    present, landed = files(root), recorded(record)
    rows = sorted((present | landed).items())
    record.write_text("".join(f"{digest}  {path}\n" for path, digest in rows))
    return changed(present, landed)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


if __name__ == "__main__":
    sys.exit("\n".join(add(ROOT, RECORD)) or None)
