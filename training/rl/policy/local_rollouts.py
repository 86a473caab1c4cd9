"""TRL's ``rollout_func`` for a policy in this process: the batched sampler of generate.py.

On CPU it is several times as fast as transformers' generate (``python -m bench.sampling``).
One process only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from training.rl.policy.generate import Decoding, generate_ids, stream_seed
from training.rl.policy.model import Policy


def local_rollouts(
    policy: Policy, decoding: Decoding
) -> Callable[[list[str], Any], dict[str, Any]]:
    """``decoding.n`` is the group size, in which TRL repeats each prompt. The seed, the update
    and the place give every completion its random stream, so a resumed run samples what the
    uninterrupted one would have."""

    def rollouts(prompts: list[str], trainer: Any) -> dict[str, Any]:
        group = decoding.n
        starts = range(0, len(prompts), group)
        ids = [policy.prompt_ids(prompts[start]) for start in starts]
        seeds = [
            [
                stream_seed(decoding.seed, f"{trainer.state.global_step}", place)
                for place in range(start, start + group)
            ]
            for start in starts
        ]
        completions: list[list[int]] = []
        step = max(1, decoding.batch_size // group)
        for start in range(0, len(ids), step):
            chosen = slice(start, start + step)
            completions += generate_ids(policy, ids[chosen], seeds[chosen], decoding)
        return {
            "prompt_ids": [row for row in ids for _ in range(group)],
            "completion_ids": completions,
            "logprobs": None,
        }

    return rollouts
