"""What the stages of a circle share, and how they wait for the workers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User

from annotation.models import Project
from lab.circle.config import CircleConfig
from lab.circle.source import CircleSource
from lab.circle.workers import WorkerFleet
from lab.simulate.people import AnswerFn
from training.models import Checkpoint

_SAY_EVERY = 10.0  # seconds


class StageFailed(RuntimeError):
    """An arrow of the circle did not do its work; the message says which and why."""


@dataclass
class Circle:
    project: Project
    source: CircleSource
    config: CircleConfig
    fleet: WorkerFleet
    crew: list[tuple[User, AnswerFn]]
    lead: User
    policy: Checkpoint
    seed: int
    work_dir: Path
    say: Callable[[str], None]
    rm: Checkpoint | None = None
    report: dict[str, Any] = field(default_factory=dict)

    def wait(
        self, what: str, done: Callable[[], bool], note: Callable[[], str] | None = None
    ) -> None:
        """Poll until ``done``, saying ``note()`` from time to time while it changes.

        Raises:
            StageFailed: nothing changed for the stage's time limit.
            WorkerDied: a worker process ended.
        """
        seen, since, last_said = "", time.monotonic(), 0.0
        while not done():
            self.fleet.check()
            if note and (now := note()) != seen:
                seen, since = now, time.monotonic()
                if since - last_said > _SAY_EVERY:
                    last_said = since
                    self.say(f"{what}: {seen}")
            if time.monotonic() - since > self.config.stage_timeout:
                raise StageFailed(f"{what}: no progress for {self.config.stage_timeout} s")
            time.sleep(0.5)
