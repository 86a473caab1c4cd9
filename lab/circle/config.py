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
        # People give the tier alone: silver would teach word overlap in step 4. What each of
        # these settings did on validation queries is in docs/results.md.
        srpo={
            "threads": 2,
            "use_silver": False,
            "rl": {
                "updates": 30,
                "prompts": 16,
                "learning_rate": 1e-4,
                "kl": 0.5,
                "max_tokens": 256,
            },
            "sampling": {"rollouts": 2, "rejection": False, "keep_max": 10_000},
            "curriculum": {"order": "none"},
            "eval": {
                "max_tokens": 256,
                "curve_every": 5,
                "dev_share": 0.2,
                "keep_best": True,
                "best_by": "kappa_quadratic",
                "proven": True,
            },
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
