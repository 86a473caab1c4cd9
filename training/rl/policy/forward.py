"""What decoding asks of a model: read prompts, then one token of every row at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from training.rl.policy.cache import ReservedCache, changes
from training.rl.policy.lean import LeanLlama, is_lean
from training.rl.policy.model import Policy
from training.rl.policy.stateful import last_logits


class Forward(Protocol):
    """One batch in lock step. ``rearrange`` makes row i what row ``source[i]`` was; a row that
    is overwritten is no source."""

    def prefill(self, ids: Tensor, pad: Tensor) -> Tensor: ...

    def step(self, tokens: Tensor) -> Tensor: ...

    def rearrange(self, source: Tensor) -> None: ...


class TransformersForward:
    """Any causal model of transformers with a plain cache, through its own forward."""

    def __init__(self, policy: Policy) -> None:
        self._model = policy.model
        self._cache = ReservedCache()

    def prefill(self, ids: Tensor, pad: Tensor) -> Tensor:
        """Logits (B, V) after (B, T) left-padded ids; ``pad`` (B,) counts the padding."""
        place = torch.arange(ids.shape[1], device=ids.device)
        self._mask = (place >= pad[:, None]).long()
        self._position = ids.shape[1] - pad
        return self._run(ids, (place - pad[:, None]).clamp(min=0))

    def step(self, tokens: Tensor) -> Tensor:
        """Logits (B, V) after one more token (B,) of every row."""
        self._mask = torch.cat([self._mask, self._mask.new_ones((len(tokens), 1))], dim=1)
        logits = self._run(tokens[:, None], self._position[:, None])
        self._position = self._position + 1
        return logits

    def rearrange(self, source: Tensor) -> None:
        """See :class:`Forward`."""
        self._cache.take(source.shape[0], *changes(source))
        self._mask, self._position = self._mask[source], self._position[source]

    def _run(self, ids: Tensor, positions: Tensor) -> Tensor:
        output = self._model(
            input_ids=ids,
            attention_mask=self._mask,
            position_ids=positions,
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
        )
        logits: Tensor = output.logits[:, -1].float()
        return logits


def forward_of(policy: Policy) -> Forward:
    """The fastest pass that computes what the policy's model does."""
    if is_lean(policy.model):
        return LeanLlama(policy.model)
    return TransformersForward(policy)


def read(policy: Policy, ids: Tensor, pad: Tensor) -> Tensor:
    """Logits (B, V) after (B, T) left-padded ids; ``pad`` (B,) counts the padding."""
    if policy.plain_cache:
        return forward_of(policy).prefill(ids, pad)
    place = torch.arange(ids.shape[1], device=ids.device)
    return last_logits(policy.model, ids, (place >= pad[:, None]).long())


def left_pad(policy: Policy, rows: Sequence[list[int]]) -> tuple[Tensor, Tensor]:
    """(ids (B, T), padding of each row (B,)), on the policy's device."""
    width, token = max(len(row) for row in rows), policy.tokenizer.pad_token_id
    ids = torch.tensor([[token] * (width - len(row)) + row for row in rows])
    pad = torch.tensor([width - len(row) for row in rows])
    return ids.to(policy.model.device), pad.to(policy.model.device)
