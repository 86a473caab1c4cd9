"""Sampling of models that carry more than keys and values from token to token: state spaces
(Mamba), short convolutions (LFM2), linear attention (Qwen3-Next), and mixtures of these with
attention. Transformers' own generate knows their caches; we choose the tokens."""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from transformers import GenerationConfig, LogitsProcessor, LogitsProcessorList

# (logits (B, V), number of the token, rows of the batch) to tokens (B,)
Chooser = Callable[[Tensor, int, Sequence[int]], Tensor]


class _Chosen(LogitsProcessor):
    """Leaves one token a row to choose, so that generate's own choice is ours."""

    def __init__(self, choose: Chooser, rows: Sequence[int], prompt: int) -> None:
        self._choose, self._rows, self._prompt = choose, rows, prompt

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        tokens = self._choose(scores.float(), input_ids.shape[1] - self._prompt, self._rows)
        return torch.full_like(scores, -torch.inf).scatter(1, tokens[:, None], 0.0)


def sampled(
    policy: Any,
    rows: Sequence[list[int]],
    choose: Chooser,
    max_tokens: int,
    stops: Iterable[int],
) -> list[list[int]]:
    """The completion of each row of ids, cut off by nothing but ``max_tokens`` and what
    generate makes of ``stops``. Rows of one length are a batch: a state reads padding too."""
    config = GenerationConfig(
        max_new_tokens=max_tokens,
        do_sample=False,
        eos_token_id=sorted(stops),
        pad_token_id=policy.tokenizer.pad_token_id,
    )
    by_length: dict[int, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        by_length[len(row)].append(place)
    completions: dict[int, list[int]] = {}
    with _asked_for(policy.model, config):
        for length, places in by_length.items():
            ids = torch.tensor([rows[place] for place in places], device=policy.model.device)
            out = policy.model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                logits_processor=LogitsProcessorList([_Chosen(choose, places, length)]),
            )
            completions.update(zip(places, out[:, length:].tolist(), strict=True))
    return [completions[place] for place in range(len(rows))]


def last_logits(model: Any, ids: Tensor, mask: Tensor) -> Tensor:
    """Logits (B, V) after (B, T) padded ids."""
    takes = inspect.signature(type(model).forward).parameters
    short = {"logits_to_keep": 1} if "logits_to_keep" in takes else {}
    logits: Tensor = model(input_ids=ids, attention_mask=mask, use_cache=False, **short).logits
    return logits[:, -1].float()


@contextmanager
def _asked_for(model: Any, config: GenerationConfig) -> Iterator[None]:
    """Inside, generate does what ``config`` says and nothing that the model's folder adds, such
    as a repetition penalty."""
    before, model.generation_config = model.generation_config, config
    try:
        yield
    finally:
        model.generation_config = before
