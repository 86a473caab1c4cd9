"""AGRL: GRPO with rule-aware reward shaping and adaptive guided replay (TaoSR-AGRL).

A preset, its row in ``training.job.methods``: GRPO's trainer with ``rl.shaping = "rules"`` and
``rl.replay = true``. Both settings work with SRPO too. The paper's own formulas are not
public; what is done here is written in docs/methods.md.
"""

from __future__ import annotations

from typing import Any

from training.rl.method.grpo import GRPOOutcomeTrainer
from training.rl.method.rl_method import train_policy
from training.rl.policy.run_folder import Run


def train_agrl(run: Run) -> dict[str, Any]:
    """Returns facts for report.json."""
    return train_policy(run, GRPOOutcomeTrainer)
