"""Difficulty-based dynamic sampling (TaoSR1, stage 3): 0 < right < gamma_d * G. Pure."""

from __future__ import annotations

from training.reward.rewards import RIGHT
from training.rl.select.replay import Outcomes


def teaches(outcomes: Outcomes, max_right: float) -> bool:
    """Whether a group stays: some of its answers are right, but fewer than ``max_right`` of
    the group. 1 only drops the groups that are all right (DAPO); TaoSR1's gamma is not public.
    A group whose truth is unknown does not stay.
    """
    right = sum(outcome is not None and outcome >= RIGHT for outcome in outcomes)
    return 0 < right < max_right * len(outcomes)
