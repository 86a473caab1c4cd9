"""What the two job folders (sampling, scoring) share: settings read strictly, results appended
whole, and one clear line with exit code 4 for bad input."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from training.job.data import read_finished_jsonl
from training.job.types import BadInput

BAD_INPUT = 4


def read_job(folder: Path, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """``job.toml`` over ``defaults``; the value's type must be the default's, and a default
    of "" must be given.

    Raises:
        BadInput: missing file, bad TOML, unknown key, wrong type, missing value.
    """
    path = folder / "job.toml"
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"job.toml: not TOML: {error}") from error
    if unknown := sorted(set(given) - set(defaults)):
        raise BadInput(f"job.toml: unknown key '{unknown[0]}' (known: {', '.join(defaults)})")
    job = {**defaults, **given}
    for key, value in job.items():
        kind = type(defaults[key])
        if kind is float and type(value) is int:
            job[key] = value = float(value)
        if type(value) is not kind:
            raise BadInput(f"job.toml: '{key}' must be a {kind.__name__}, got {value!r}")
        if value == "" or (isinstance(value, (int, float)) and value < 0):
            raise BadInput(f"job.toml: '{key}' must be given and not negative, got {value!r}")
    return job


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


def append_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Append rows and flush, so that a reader sees them now."""
    with path.open("a", encoding="utf-8") as handle:
        handle.write("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def run_job(main: Callable[[Path], None], argv: list[str], module: str) -> int:
    """Run ``main(JOB_DIR)``; the exit code: 0 done, 4 bad input or bad usage."""
    if len(argv) != 1:
        print(f"usage: python -m {module} JOB_DIR", file=sys.stderr)
        return BAD_INPUT
    try:
        main(Path(argv[0]))
    except BadInput as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    return 0
