"""What runs again and again. One table; every task in it is harmless to run twice."""

from __future__ import annotations

from typing import Any, NamedTuple


class Due(NamedTuple):
    task: str
    every: float  # seconds
    queue: str = "default"


TABLE = (
    Due("annotation.tasks.items_resolve_due", 5),
    Due("annotation.tasks.consensus_fit_due", 300, "bulk"),
    Due("annotation.tasks.jobs_recover_due", 20),
    Due("annotation.tasks.uploads_expire_due", 3600),
    Due("verifier.tasks.truth_refresh_due", 5),
    Due("training.tasks.rollouts_due", 15),
    Due("training.tasks.scoring_due", 30),
    Due("training.tasks.disagreements_due", 60),
    Due("training.tasks.runs_recover", 20),
    Due("training.tasks.rounds_due", 30),
    Due("lab.tasks.example_due", 10, "bulk"),
)


def beat_schedule() -> dict[str, dict[str, Any]]:
    """Celery's form of the table. A tick nobody took before the next one is thrown away."""
    return {
        due.task: {
            "task": due.task,
            "schedule": due.every,
            "options": {"queue": due.queue, "expires": due.every},
        }
        for due in TABLE
    }
