"""What the two job folders (sampling, scoring) share: settings written whole and read strictly,
and one clear line with its exit code for bad input."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import tomli_w

from training.job.files import write_jsonl, write_text
from training.job.folder import JOB_TOML, Exit
from training.job.types import BadInput


def write_job(
    folder: Path, settings: Mapping[str, Any], name: str, rows: Iterable[Mapping[str, Any]]
) -> None:
    """The job's rows, then ``job.toml``: its presence means that the job is complete."""
    write_jsonl(folder / name, rows)
    write_text(folder / JOB_TOML, tomli_w.dumps(settings))


def read_job(folder: Path, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """``job.toml`` over ``defaults``; the value's type must be the default's, and a default
    of "" must be given.

    Raises:
        BadInput: missing file, bad TOML, unknown key, wrong type, missing value.
    """
    path = folder / JOB_TOML
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


def run_job(main: Callable[[Path], None], argv: list[str], module: str) -> int:
    """Run ``main(JOB_DIR)``; the exit code: 0 done, 4 bad input or bad usage."""
    if len(argv) != 1:
        print(f"usage: python -m {module} JOB_DIR", file=sys.stderr)
        return Exit.BAD_INPUT
    try:
        main(Path(argv[0]))
    except BadInput as error:
        print(error, file=sys.stderr)
        return Exit.BAD_INPUT
    return Exit.DONE
