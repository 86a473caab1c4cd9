from __future__ import annotations

import json
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # pytest reads this file before Django is set up
    from django.contrib.auth.models import User

    from annotation.models import Project
    from training.models import Checkpoint

RmMaker = Callable[..., "Checkpoint"]
SCORER = Path(__file__).parents[1] / "stand_in_scorer.py"


@pytest.fixture
def project() -> Project:
    from tests.factories import make_project

    return make_project(slug="shop")


@pytest.fixture
def lead() -> User:
    from django.contrib.auth.models import User

    from annotation.people.roles import Role, role_grant

    return role_grant(user=User.objects.create_user("lena"), role=Role.LEAD)


@pytest.fixture
def scorer(settings: Any, tmp_path: Path) -> None:
    """Steps of kind 3 are right with 0.9, others with 0.2; "explode" kills it."""
    settings.RUNS_DIR = tmp_path / "runs"
    launcher = tmp_path / "python"
    launcher.write_text(f'#!/bin/sh\nexec {sys.executable} {SCORER} "$@"\n')
    launcher.chmod(launcher.stat().st_mode | stat.S_IEXEC)
    settings.RL_PYTHON = str(launcher)


@pytest.fixture
def rm_of(project: Project, tmp_path: Path) -> RmMaker:
    """What a run of the project left; ``queries`` are in its labels.jsonl, None leaves the
    file out."""
    from tests.training.world import policy_make
    from training.models import Checkpoint, TrainingRun

    def make(
        name: str, queries: tuple[str, ...] | None = (), state: str = "finished", **values: Any
    ) -> Checkpoint:
        folder = tmp_path / name
        folder.mkdir()
        if queries is not None:
            lines = [json.dumps({"query": query}) + "\n" for query in queries]
            (folder / "labels.jsonl").write_text("".join(lines))
        if "policy" not in values:
            values["policy"] = policy_make(name=f"policy of {name}")
        run = TrainingRun.objects.create(
            project=project, method="rm", state=state, run_dir=str(folder), **values
        )
        return Checkpoint.objects.create(
            name=name, kind=Checkpoint.Kind.RM, path=f"/models/{name}", run=run
        )

    return make
