"""JSON, JSON lines and text on disk: whole files or none, so that a reader never sees half, and
lines that are appended and read while they are written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from training.job.types import BadInput


def write_text(path: Path, text: str) -> None:
    """Replace ``path`` atomically: a reader or a restart never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def write_json(path: Path, body: object) -> None:
    """Write one JSON document, whole or not at all; NaN is refused."""
    text = json.dumps(body, ensure_ascii=False, indent=1, allow_nan=False)
    write_text(path, text + "\n")


def write_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Stream rows into a whole file or none; returns how many."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    count = 0
    with part.open("w", encoding="utf-8") as handle:
        for row in rows:
            handle.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    part.replace(path)
    return count


def append_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Append rows and flush, so that a reader sees them now."""
    with path.open("a", encoding="utf-8") as handle:
        handle.write("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def read_json(path: Path) -> Any:
    """The parsed file, or None when there is none yet or it is not JSON."""
    try:
        # NaN is no JSON and Postgres refuses it: a number that does not exist is null.
        text = path.read_text(encoding="utf-8")
        return json.loads(text, parse_constant=lambda _: None)
    except (OSError, ValueError):
        return None


def read_jsonl(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Stream (line number from 1, object); blank lines are skipped.

    Raises:
        BadInput: no such file, or a line that is not a JSON object.
    """
    try:
        handle = path.open(encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{path.name}: {error.strerror or error}") from error
    with handle:
        yield from json_rows(handle, path.name)


def json_rows(lines: Iterable[str], name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number from 1, object) of lines that came from ``name``; raises BadInput."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise BadInput(f"{name} line {number}: not JSON: {error.msg}") from error
        if not isinstance(row, dict):
            raise BadInput(f"{name} line {number}: expected an object")
        yield number, row


def read_finished_jsonl(path: Path) -> list[dict[str, Any]]:
    """Rows of an append-only file of ours; a last line cut by a kill is dropped, a missing
    file is empty."""
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")[:-1]
    return [json.loads(line) for line in lines if line.strip()]


def resume_jsonl(path: Path) -> list[dict[str, Any]]:
    """The whole rows of an earlier attempt; a last line cut by a kill is removed."""
    if not path.exists():
        return []
    text = path.read_bytes()
    whole = text.rfind(b"\n") + 1
    if whole < len(text):
        with path.open("r+b") as handle:
            handle.truncate(whole)
    return read_finished_jsonl(path)


def file_sha256(path: Path) -> str:
    """Hash of a file's bytes, hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
