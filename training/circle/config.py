"""How large a circle is. ``default`` fits two cores, ``tiny`` only shows that it turns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class CircleConfig:
    """``rm`` and ``srpo`` override the runs' defaults (training/run_config.py)."""

    pairs: int  # training pairs that people label
    followup_pairs: int  # pairs that the trained policy answers for the next turn
    max_tokens: int
    rm: dict[str, Any] = field(default_factory=dict)
    srpo: dict[str, Any] = field(default_factory=dict)
    stage_timeout: int = 900  # seconds without any progress before a stage has failed


PRESETS: dict[str, CircleConfig] = {
    "default": CircleConfig(pairs=480, followup_pairs=48, max_tokens=192),
    "tiny": CircleConfig(
        pairs=24,
        followup_pairs=4,
        max_tokens=160,
        rm={"fit": {"epochs": 1, "batch_size": 8}, "data": {"eval_limit": 12}},
        srpo={
            "rl": {"updates": 2, "prompts": 2, "group": 4, "micro_batch": 8},
            "sampling": {"rollouts": 4},
            "eval": {"bootstrap": 20},
            "data": {"eval_limit": 12},
        },
        stage_timeout=240,
    ),
}
