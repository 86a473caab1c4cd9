"""Sampled reviews of a generative reward model: a critique, the given words "verdict:", and one
sampled token that decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from training.rl.policy.generate import (
    Decoding,
    choose,
    generate_ids,
    next_token_logits,
    stream_seed,
)
from training.rl.policy.model import Policy
from training.rl.policy.tokens import prompt_ids
from training.rl.reward_model.model import CRITIQUE_TOKENS, VerdictTokens, line_end


@dataclass(frozen=True, slots=True)
class Critique:
    """``ids`` with 1 in ``own`` where the model chose the token and 0 where it was given;
    ``verdict`` None when no critique line was ended or another token stands for the verdict."""

    ids: list[int]
    own: list[int]
    verdict: bool | None


@dataclass(slots=True)
class Reviewer:
    """Samples ``decoding.n`` reviews a prompt."""

    policy: Policy
    decoding: Decoding
    verdict: VerdictTokens = field(init=False)
    _breaks: dict[int, bool] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        tokenizer = self.policy.tokenizer
        self.verdict = VerdictTokens.of(tokenizer)
        self.decoding = replace(
            self.decoding, max_tokens=CRITIQUE_TOKENS, stop_ids=line_end(tokenizer)
        )

    def reviews(self, prompts: Sequence[str], stream: str) -> list[Critique]:
        """The reviews, prompt by prompt; ``stream`` and the place give each its randomness."""
        n, ids = self.decoding.n, [prompt_ids(self.policy.tokenizer, p) for p in prompts]
        seeds = [
            [stream_seed(self.decoding.seed, stream, i * n + j) for j in range(n)]
            for i in range(len(ids))
        ]
        reviews: list[Critique] = []
        step = max(1, self.decoding.batch_size // n)
        for start in range(0, len(ids), step):
            some = slice(start, start + step)
            reviews += self._batch(ids[some], seeds[some])
        return reviews

    def _batch(self, prompts: list[list[int]], seeds: list[list[int]]) -> list[Critique]:
        critiques = [
            self._line(row) for row in generate_ids(self.policy, prompts, seeds, self.decoding)
        ]
        n, prefix = self.decoding.n, self.verdict.prefix
        due = [i for i, row in enumerate(critiques) if row and self._ends_line(row[-1])]
        flat = [seed for group in seeds for seed in group]
        # the same stream drew the critique: another seed, or the verdict would repeat a draw
        last = self._decide(
            [(*prompts[i // n], *critiques[i], *prefix) for i in due],
            [stream_seed(flat[i], "verdict", 0) for i in due],
        )
        reviews = [Critique(row, [1] * len(row), None) for row in critiques]
        verdict_of = {self.verdict.correct: True, self.verdict.incorrect: False}
        for i, token in zip(due, last, strict=True):
            row = critiques[i]
            own = [1] * len(row) + [0] * len(prefix) + [1]
            reviews[i] = Critique([*row, *prefix, token], own, verdict_of.get(token))
        return reviews

    def _decide(self, rows: list[tuple[int, ...]], seeds: list[int]) -> list[int]:
        """One sampled token after each row; equal rows, which most are, are read once."""
        if not rows:
            return []
        places = {row: place for place, row in enumerate(dict.fromkeys(rows))}
        every = range(int(self.policy.model.config.vocab_size))
        logits = next_token_logits(
            self.policy, [list(row) for row in places], every, self.decoding.batch_size
        )
        draws = torch.stack([torch.rand((), generator=_generator(seed)) for seed in seeds])
        chosen = logits[[places[row] for row in rows]]
        return [int(token) for token in choose(chosen, draws, self.decoding)]

    def _line(self, ids: list[int]) -> list[int]:
        """Up to the token that ends the first line."""
        ends = (i for i, token in enumerate(ids) if self._ends_line(token))
        return ids[: next(ends, len(ids) - 1) + 1]

    def _ends_line(self, token: int) -> bool:
        if token not in self._breaks:
            self._breaks[token] = "\n" in str(self.policy.tokenizer.decode([token]))
        return self._breaks[token]


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def review_rollouts(reviewer: Reviewer) -> Callable[[list[str], Any], dict[str, Any]]:
    """TRL's ``rollout_func``: the given tokens carry no loss (``env_mask``), and the verdict
    goes to the reward function as the column ``verdict``."""

    def rollouts(prompts: list[str], trainer: Any) -> dict[str, Any]:
        n, encoded = reviewer.decoding.n, reviewer.policy.tokenizer
        reviews = reviewer.reviews(prompts[::n], f"{trainer.state.global_step}")
        return {
            "prompt_ids": [ids for p in prompts[::n] for ids in [prompt_ids(encoded, p)] * n],
            "completion_ids": [review.ids for review in reviews],
            "logprobs": None,
            "env_mask": [review.own for review in reviews],
            "verdict": [review.verdict for review in reviews],
        }

    return rollouts
