"""A project for a tiny run; ``manage.py shell`` makes it in a process of its own."""

from __future__ import annotations

from tests.factories import make_project
from tests.training.world import pair_make, resolve, rollout_make, truth_make
from training.runs.thresholds import thresholds_clear

QUERIES = {"train": ("red chair", "blue chair", "oak table"), "test": ("garden bench",)}
RIGHT = dict.fromkeys(range(1, 6), "correct")


def trainable_make(slug: str = "tiny") -> None:
    """Verified rollouts for SFT and RM, and one held-out pair."""
    project = make_project(slug=slug)
    thresholds_clear(project=project)
    for split, queries in QUERIES.items():
        for query in queries:
            pair = pair_make(project, query, f"{query} with arms", split=split)
            truth_make(pair)
            if split == "train":
                resolve(rollout_make(pair), RIGHT)
