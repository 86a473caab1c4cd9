"""How large a circle is. ``default`` fits two cores, ``tiny`` only shows that it turns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class CircleConfig:
    """``sft``, ``rm`` and ``srpo`` override the runs' defaults."""

    pairs: int  # training pairs that people label
    followup_pairs: int  # pairs that the trained policy answers for the next turn
    max_tokens: int
    own_examples: int = 0  # of the small policy that is made first; real data only
    sft: dict[str, Any] = field(default_factory=dict)  # of a given policy, real data only
    rm: dict[str, Any] = field(default_factory=dict)
    srpo: dict[str, Any] = field(default_factory=dict)
    stage_timeout: int = 900  # seconds without any progress before a stage has failed


PRESETS: dict[str, CircleConfig] = {
    "default": CircleConfig(pairs=480, followup_pairs=48, max_tokens=192),
    "ratings": CircleConfig(
        pairs=320,
        followup_pairs=48,
        max_tokens=256,
        own_examples=80_000,
        # The writer's CoTs whose tier the raters confirm: imitate those.
        sft={
            "threads": 2,
            "fit": {"epochs": 2, "learning_rate": 3e-4},
            "sampling": {"rollouts": 1},
            "eval": {"max_tokens": 256},
            "data": {"train_limit": 16},
        },
        # One verdict for each of some 2,000 long prompts.
        rm={"threads": 2, "fit": {"epochs": 1}},
        srpo={
            "threads": 2,
            "rl": {"updates": 30, "max_tokens": 256},
            "sampling": {"rollouts": 4},
            "eval": {"max_tokens": 256},
            "data": {"train_limit": 320},
        },
    ),
    "tiny": CircleConfig(
        pairs=24,
        followup_pairs=4,
        max_tokens=160,
        rm={"fit": {"epochs": 1, "batch_size": 8}},
        srpo={
            "rl": {"updates": 2, "prompts": 2, "group": 4, "micro_batch": 8},
            "sampling": {"rollouts": 4},
            "eval": {"bootstrap": 20},
            "data": {"eval_limit": 12},
        },
        stage_timeout=240,
    ),
}
