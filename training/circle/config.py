"""How large a circle is. ``default`` fits two cores, ``tiny`` only shows that it turns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class CircleConfig:
    pairs: int  # training pairs that people label
    eval_pairs: int  # held-out pairs, whole queries
    overlap: int  # annotators an item
    followup_pairs: int  # pairs that the trained policy answers again, for the next turn
    max_tokens: int
    sft: dict[str, Any] = field(default_factory=dict)  # run overrides, by method
    rm: dict[str, Any] = field(default_factory=dict)
    srpo: dict[str, Any] = field(default_factory=dict)
    stage_timeout: int = 1500  # seconds before a stage that does not move is a failure


PRESETS: dict[str, CircleConfig] = {
    "default": CircleConfig(
        pairs=480, eval_pairs=480, overlap=2, followup_pairs=48, max_tokens=192
    ),
    "tiny": CircleConfig(
        pairs=12, eval_pairs=8, overlap=2, followup_pairs=4, max_tokens=160, stage_timeout=240
    ),
}
