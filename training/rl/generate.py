"""Batched local sampling for a policy that is in this process.

A prompt is read once however many completions it gets; finished rows leave the batch. Every
completion has its own random stream, from (seed, prompt, index), so that it does not depend
on which others it was batched with and a restarted job draws the same texts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from training.rl.cache import ReservedCache
from training.rl.policy import Policy

_COMPACT_AT = 0.75  # share of live rows below which the batch is worth repacking


@dataclass(frozen=True, slots=True)
class Decoding:
    """``temperature`` 0 is greedy; ``top_k`` 0 keeps the whole vocabulary; ``batch_size``
    counts completions; ``max_tokens`` includes the EOS; ``stop_ids`` end a completion as EOS
    does."""

    n: int = 1
    temperature: float = 0.0
    top_k: int = 0
    max_tokens: int = 192
    batch_size: int = 256
    seed: int = 0
    stop_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Completion:
    """``finish`` is stop when the policy ended it, length when the budget did."""

    text: str
    tokens: int
    seed: int
    finish: Literal["stop", "length"]


def generate_batches(
    policy: Policy, prompts: Sequence[str], decoding: Decoding
) -> Iterator[list[tuple[int, list[Completion]]]]:
    """Yield (index of the prompt, its n completions), a batch at a time, shortest first."""
    encoded = [
        policy.tokenizer(prompt, add_special_tokens=False)["input_ids"] for prompt in prompts
    ]
    order = sorted(range(len(prompts)), key=lambda index: len(encoded[index]))
    step = max(1, decoding.batch_size // decoding.n)
    for start in range(0, len(order), step):
        chosen = order[start : start + step]
        seeds = [
            [stream_seed(decoding.seed, prompts[index], i) for i in range(decoding.n)]
            for index in chosen
        ]
        rows = _decode(policy, [encoded[index] for index in chosen], seeds, decoding)
        texts = policy.tokenizer.batch_decode(rows, skip_special_tokens=True)
        flat = [seed for group in seeds for seed in group]
        done = [_completion(policy, *parts) for parts in zip(texts, rows, flat, strict=True)]
        n = decoding.n
        yield [(index, done[i * n : (i + 1) * n]) for i, index in enumerate(chosen)]


def generate_ids(
    policy: Policy, prompt_ids: Sequence[list[int]], seeds: Sequence[list[int]], d: Decoding
) -> list[list[int]]:
    """One batch at the level of token ids: as many completions of a prompt as it has seeds
    (``d.n``), EOS included, prompt by prompt."""
    return _decode(policy, list(prompt_ids), list(seeds), d)


def generate(
    policy: Policy, prompts: Sequence[str], decoding: Decoding
) -> list[list[Completion]]:
    """``decoding.n`` completions for each prompt, in the order of ``prompts``."""
    found: dict[int, list[Completion]] = {}
    for batch in generate_batches(policy, prompts, decoding):
        found.update(batch)
    return [found[index] for index in range(len(prompts))]


@torch.inference_mode()
def next_token_logits(
    policy: Policy, rows: Sequence[list[int]], tokens: Sequence[int], batch_size: int = 64
) -> Tensor:
    """Logits of ``tokens`` as the next token after each row of ids: (rows, tokens)."""
    order = sorted(range(len(rows)), key=lambda index: len(rows[index]))
    found = torch.zeros((len(rows), len(tokens)))
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        ids, mask = _left_pad(policy, [rows[index] for index in chosen])
        logits = _forward(policy, ids, mask, _positions(mask), None)
        found[chosen] = logits[:, list(tokens)].cpu()
    return found


def stream_seed(seed: int, prompt: str, index: int) -> int:
    """The seed of one completion's random stream, 0 .. 2^31 - 1."""
    digest = hashlib.sha256(f"{seed}\0{index}\0{prompt}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def _completion(policy: Policy, text: str, ids: list[int], seed: int) -> Completion:
    ended = bool(ids) and ids[-1] in policy.eos_ids
    return Completion(text, len(ids), seed, "stop" if ended else "length")


@torch.inference_mode()
def _decode(
    policy: Policy, encoded: list[list[int]], seeds: list[list[int]], decoding: Decoding
) -> list[list[int]]:
    """Token ids of each completion, EOS included, prompt by prompt."""
    was_training = policy.model.training
    policy.model.eval()
    device = policy.model.device
    ids, mask = _left_pad(policy, encoded)
    cache = ReservedCache()
    positions = _positions(mask)
    logits = _forward(policy, ids, mask, positions, cache)
    group = torch.arange(len(encoded), device=device).repeat_interleave(decoding.n)
    cache.take(group)
    logits, mask = logits[group], mask[group]
    position = positions[group, -1] + 1
    draws = _draws([s for row in seeds for s in row], decoding).to(device)
    live = torch.arange(len(group), device=device)
    stops = {*policy.eos_ids, *decoding.stop_ids}
    eos = torch.tensor(sorted(stops), device=device)
    out = torch.full((len(group), decoding.max_tokens), -1, device=device)
    for step in range(decoding.max_tokens):
        token = choose(logits, draws[live, step], decoding)
        out[live, step] = token
        going = ~torch.isin(token, eos)
        if step + 1 == decoding.max_tokens or not bool(going.any()):
            break
        if float(going.float().mean()) < _COMPACT_AT or len(going) < 2:
            keep = going.nonzero().squeeze(1)
            cache.take(keep)
            live, token, mask, position = live[keep], token[keep], mask[keep], position[keep]
        mask = torch.cat([mask, mask.new_ones((len(mask), 1))], dim=1)
        logits = _forward(policy, token[:, None], mask, position[:, None], cache)
        position = position + 1
    policy.model.train(was_training)
    return [_until_eos(row, stops) for row in out.tolist()]


def _forward(
    policy: Policy, ids: Tensor, mask: Tensor, positions: Tensor, cache: ReservedCache | None
) -> Tensor:
    output = policy.model(
        input_ids=ids,
        attention_mask=mask,
        position_ids=positions,
        past_key_values=cache,
        use_cache=cache is not None,
        logits_to_keep=1,
    )
    logits: Tensor = output.logits[:, -1].float()
    return logits


def _left_pad(policy: Policy, rows: Sequence[list[int]]) -> tuple[Tensor, Tensor]:
    """(ids, mask), both (B, T)."""
    width, pad = max(len(row) for row in rows), policy.tokenizer.pad_token_id
    ids = torch.tensor([[pad] * (width - len(row)) + row for row in rows])
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows])
    return ids.to(policy.model.device), mask.to(policy.model.device)


def _positions(mask: Tensor) -> Tensor:
    return (mask.cumsum(1) - 1).clamp(min=0)


def choose(logits: Tensor, draw: Tensor, decoding: Decoding) -> Tensor:
    """Next tokens from (B, V) logits and (B,) uniform draws, by inverting the cumulative
    distribution of the ``top_k`` likeliest tokens at the temperature."""
    if decoding.temperature == 0:
        return logits.argmax(1)
    count = decoding.top_k if 0 < decoding.top_k < logits.shape[1] else logits.shape[1]
    values, tokens = logits.topk(count, dim=1)
    mass = torch.softmax(values / decoding.temperature, dim=1).cumsum(1)
    place = torch.searchsorted(mass, (draw * mass[:, -1].clamp(max=1))[:, None], right=True)
    return tokens.gather(1, place.clamp(max=count - 1)).squeeze(1)


def _draws(seeds: list[int], decoding: Decoding) -> Tensor:
    if decoding.temperature == 0:
        return torch.zeros((len(seeds), decoding.max_tokens))
    generator = torch.Generator()
    return torch.stack(
        [torch.rand(decoding.max_tokens, generator=generator.manual_seed(s)) for s in seeds]
    )


def _until_eos(row: list[int], eos: set[int]) -> list[int]:
    kept: list[int] = []
    for token in row:
        if token < 0:
            break
        kept.append(token)
        if token in eos:
            break
    return kept
