"""How large a campaign is. ``default`` fits two cores, ``tiny`` only shows that it runs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from training.job.methods import METHODS

ORDERS = (
    "random",
    "claim_entropy",
    "uncertainty",
    "flip_risk",
    "expected_change",
    "asks_twice",  # claim_entropy, every pair asked with two of its rollouts
)


@dataclass(frozen=True, slots=True)
class CampaignConfig:
    """A stage asks ``labels`` more and then trains on all answers so far for ``updates``."""

    pool: int = 150  # training pairs that may be asked, drawn anew for every seed
    rollouts: int = 8  # of the start policy for each of them
    stages: int = 4
    labels: int = 10
    per_query: int = 2  # items of a query in a stage
    noise: float = 0.05  # answers that are another value
    rm_pairs: int = 120  # judged pairs outside of all pools, for the reward model
    updates: int = 6
    prompts: int = 4
    group: int = 8
    learning_rate: float = 3e-4
    max_tokens: int = 160
    test_pairs: int = 240

    def run(self) -> dict[str, Any]:
        """run.toml of a stage, without seed and policy: pairs are not rejected, so that every
        label counts, and steps 1-2 have no reward."""
        rl = {
            "updates": self.updates,
            "prompts": self.prompts,
            "group": self.group,
            "learning_rate": self.learning_rate,
            "max_tokens": self.max_tokens,
            "warmup": 1,
            "save_every": self.updates + 1,
        }
        return {
            "method": "srpo",
            "use_silver": False,
            "sampling": {"rejection": False, "rollouts": self.rollouts},
            "curriculum": {"stages": 1, "order": "random"},
            "rl": rl,
            "eval": {"bootstrap": 20, "max_tokens": self.max_tokens},
        }

    def rm(self) -> dict[str, Any]:
        return {"method": "rm", "fit": dict(METHODS["rm"].defaults["fit"])}

    def described(self) -> dict[str, Any]:
        return asdict(self)


PRESETS = {
    "default": CampaignConfig(),
    "few": CampaignConfig(labels=3),
    "tiny": CampaignConfig(
        pool=6, rollouts=2, stages=2, labels=2, rm_pairs=8, updates=1, prompts=2, group=2,
        test_pairs=4,
    ),
}  # fmt: skip
