"""Writing the folders of docs/formats.md: whole files or none, so a reader never sees half."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import tomli_w


def text_write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def toml_write(path: Path, data: Mapping[str, Any]) -> None:
    text_write(path, tomli_w.dumps(data))


def json_write(path: Path, data: Any) -> None:
    text_write(path, json.dumps(data, ensure_ascii=False, indent=1) + "\n")


def jsonl_write(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Stream rows to a JSON lines file; returns how many."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    count = 0
    with part.open("w", encoding="utf-8") as handle:
        for row in rows:
            handle.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    part.replace(path)
    return count


def job_write(
    folder: Path, settings: Mapping[str, Any], name: str, rows: Iterable[Mapping[str, Any]]
) -> None:
    """A sampling or scoring job: ``job.toml`` last, so that its presence means complete."""
    jsonl_write(folder / name, rows)
    toml_write(folder / "job.toml", settings)


def file_sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def json_read(path: Path) -> Any:
    """The parsed file, or None when there is none yet or it is not JSON."""
    try:
        # NaN is no JSON and Postgres refuses it: a number that does not exist is null.
        text = path.read_text(encoding="utf-8")
        return json.loads(text, parse_constant=lambda _: None)
    except (OSError, ValueError):
        return None
