"""Which checkpoint a restarted run goes on from: the newest one that was written to its end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from training.job.files import write_json
from training.job.folder import CHECKPOINTS

MARK = "stepwise_state.json"  # written last, so that its presence means complete


def newest_checkpoint(run_dir: Path) -> str | None:
    """The folder for ``Trainer.train(resume_from_checkpoint=...)``, or None for a fresh run."""
    folders = [
        folder
        for folder in (run_dir / CHECKPOINTS).glob("checkpoint-*")
        if (folder / MARK).exists() and folder.name.split("-")[1].isdigit()
    ]
    if not folders:
        return None
    return str(max(folders, key=lambda folder: int(folder.name.split("-")[1])))


def mark_complete(folder: Path, state: dict[str, Any]) -> None:
    """Called once Trainer has written ``folder``; ``state`` is what only we know."""
    write_json(folder / MARK, state)


def checkpoint_state(folder: str) -> dict[str, Any]:
    """What :func:`mark_complete` was given."""
    return cast(dict[str, Any], json.loads((Path(folder) / MARK).read_text(encoding="utf-8")))


def checkpoint_update(folder: str | None) -> int:
    """The updates that a run has behind it when it goes on from there; 0 for a fresh run."""
    return int(Path(folder).name.split("-")[1]) if folder else 0
