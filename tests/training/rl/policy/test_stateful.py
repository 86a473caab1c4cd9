"""Models whose state is more than keys and values are sampled as transformers samples them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.training.rl.tiny import make_run
from tests.training.rl.zoo import random_policy
from training.job.types import Sample
from training.rl.policy.generate import (
    Decoding,
    choose,
    generate_ids,
    next_token_logits,
    stream_seed,
)
from training.rl.policy.model import Policy, load_policy
from training.rl.train import train

pytestmark = pytest.mark.rl
KINDS = ("mamba", "mamba2", "lfm2", "qwen3_next", "jamba", "minimax")
PROMPTS = [[5, 6, 7, 8, 9, 10, 11], [12, 13], [14, 15, 16, 17, 18]]


def one_by_one(policy: Policy, ids: list[int], d: Decoding, seed: int) -> list[int]:
    """The definition: no batch, no cache, the whole text read anew for each token."""
    draws = torch.rand(d.max_tokens, generator=torch.Generator().manual_seed(seed))
    completion: list[int] = []
    while len(completion) < d.max_tokens and not set(completion) & set(policy.eos_ids):
        with torch.inference_mode():
            row = torch.tensor([ids + completion])
            logits = policy.model(row, use_cache=False).logits[:, -1]
        completion.append(int(choose(logits, draws[len(completion)][None], d)))
    return completion


@pytest.mark.parametrize("kind", KINDS)
def test_greedy_and_drawn_tokens_are_those_of_reading_the_whole_text_anew(
    tmp_path: Path, kind: str
) -> None:
    policy = load_policy(random_policy(tmp_path, kind))
    assert not policy.plain_cache
    for decoding in (
        Decoding(n=1, max_tokens=12),
        Decoding(n=3, max_tokens=12, temperature=1.0, top_k=50),
    ):
        n = decoding.n
        seeds = [[stream_seed(1, str(row), i) for i in range(n)] for row in range(3)]
        expected = [
            one_by_one(policy, ids, decoding, seed)
            for ids, group in zip(PROMPTS, seeds, strict=True)
            for seed in group
        ]
        assert generate_ids(policy, PROMPTS, seeds, decoding) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_greedy_tokens_are_those_of_transformers(tmp_path: Path, kind: str) -> None:
    policy = load_policy(random_policy(tmp_path, kind))
    for ids in PROMPTS:
        theirs = policy.model.generate(torch.tensor([ids]), max_new_tokens=12, do_sample=False)
        ours = generate_ids(policy, [ids], [[0]], Decoding(max_tokens=12))
        assert ours[0] == theirs[0, len(ids) :].tolist()


def test_what_a_folder_asks_of_generation_does_not_change_the_draws(tmp_path: Path) -> None:
    policy = load_policy(random_policy(tmp_path, "mamba"))
    plain = generate_ids(policy, PROMPTS, [[1]] * 3, Decoding(max_tokens=12))
    folder_says = policy.model.generation_config
    folder_says.repetition_penalty, folder_says.min_new_tokens = 9.0, 12
    assert generate_ids(policy, PROMPTS, [[1]] * 3, Decoding(max_tokens=12)) == plain
    assert policy.model.generation_config is folder_says


@pytest.mark.parametrize("kind", ["mamba", "lfm2"])
def test_the_next_token_is_judged_without_regard_to_padding(tmp_path: Path, kind: str) -> None:
    policy = load_policy(random_policy(tmp_path, kind))
    together = next_token_logits(policy, PROMPTS, range(60))
    for row, ids in enumerate(PROMPTS):
        with torch.inference_mode():
            alone = policy.model(torch.tensor([ids])).logits[0, -1, :60]
        assert torch.allclose(together[row], alone, atol=1e-4)


@pytest.mark.parametrize("kind", ["mamba", "lfm2"])
def test_such_a_policy_is_trained_by_rl(
    tmp_path: Path, samples: list[Sample], kind: str
) -> None:
    policy = random_policy(tmp_path / "policy", kind)
    rl: dict[str, Any] = {"updates": 2, "prompts": 2, "group": 2, "micro_batch": 4}
    make_run(
        tmp_path / "run", policy, samples, sampling={"rollouts": 1, "rejection": False},
        rl={**rl, "max_tokens": 8}, eval={"max_tokens": 8, "bootstrap": 10, "limit": 2},
    )  # fmt: skip
    train(tmp_path / "run")
    assert not load_policy(tmp_path / "run" / "model").plain_cache
