"""SQL that must be SQL lies in ``sql/`` beside its service: one statement a file. Pure."""

from __future__ import annotations

from pathlib import Path


def statement(module: str, name: str) -> str:
    """The text of ``sql/NAME.sql`` beside ``module``, which gives its ``__file__``."""
    return (Path(module).parent / "sql" / f"{name}.sql").read_text(encoding="utf-8")
