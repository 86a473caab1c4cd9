"""Batched local sampling for a policy that is in this process.

A prompt is read once however many completions it gets, and completions of a prompt that have
the same text so far are one row of the batch: a policy that is sure of most of its tokens is
asked a fraction as often. Finished rows leave the batch. Every completion has its own random
stream, from (seed, prompt, index), so that it does not depend on which others it was batched
with and a restarted job draws the same texts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from training.rl.policy.context import room_check
from training.rl.policy.forward import forward_of, left_pad, read
from training.rl.policy.model import Policy
from training.rl.policy.stateful import sampled


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
    """Yield (index of the prompt, its n completions), a batch at a time, shortest first.

    Raises:
        BadInput: a prompt and its completion do not fit into the model's context.
    """
    encoded = [policy.prompt_ids(prompt) for prompt in prompts]
    room_check(policy.model.config, encoded, decoding.max_tokens)
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
    completions: dict[int, list[Completion]] = {}
    for batch in generate_batches(policy, prompts, decoding):
        completions.update(batch)
    return [completions[index] for index in range(len(prompts))]


@torch.inference_mode()
def next_token_logits(
    policy: Policy, rows: Sequence[list[int]], tokens: Sequence[int], batch_size: int = 64
) -> Tensor:
    """Logits of ``tokens`` as the next token after each row of ids: (rows, tokens)."""
    room_check(policy.model.config, rows, 0)
    order = sorted(range(len(rows)), key=lambda index: len(rows[index]))
    logits = torch.zeros((len(rows), len(tokens)))
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        batch = left_pad(policy, [rows[index] for index in chosen])
        logits[chosen] = read(policy, *batch)[:, list(tokens)].cpu()
    return logits


def stream_seed(seed: int, prompt: str, index: int) -> int:
    """The seed of one completion's random stream, 0 .. 2^31 - 1."""
    digest = hashlib.sha256(f"{seed}\0{index}\0{prompt}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def _completion(policy: Policy, text: str, ids: list[int], seed: int) -> Completion:
    return Completion(text, len(ids), seed, "length" if policy.cut(ids) else "stop")


@torch.inference_mode()
def _decode(
    policy: Policy, encoded: list[list[int]], seeds: list[list[int]], decoding: Decoding
) -> list[list[int]]:
    """Token ids of each completion, EOS included, prompt by prompt."""
    was_training = policy.model.training
    policy.model.eval()
    decode = _shared if policy.plain_cache else _whole
    stops = {*policy.eos_ids, *decoding.stop_ids}
    rows = decode(policy, encoded, seeds, decoding, stops)
    policy.model.train(was_training)
    return [_until_eos(row, stops) for row in rows]


def _whole(
    policy: Policy,
    encoded: list[list[int]],
    seeds: list[list[int]],
    decoding: Decoding,
    stops: set[int],
) -> list[list[int]]:
    """Every completion is a row of its own from its first token on."""
    draws = _draws([seed for group in seeds for seed in group], decoding)
    draws = draws.to(policy.model.device)

    def chosen(logits: Tensor, step: int, places: Sequence[int]) -> Tensor:
        return choose(logits, draws[list(places), step], decoding)

    rows = [ids for ids in encoded for _ in range(decoding.n)]
    return sampled(policy, rows, chosen, decoding.max_tokens, stops)


def _shared(
    policy: Policy,
    encoded: list[list[int]],
    seeds: list[list[int]],
    decoding: Decoding,
    stops: set[int],
) -> list[list[int]]:
    """Completions are one row as long as they have the same text."""
    device = policy.model.device
    forward = forward_of(policy)
    logits = forward.prefill(*left_pad(policy, encoded))
    row = torch.arange(len(encoded), device=device).repeat_interleave(decoding.n)
    draws = _draws([s for group in seeds for s in group], decoding).to(device)
    live = torch.arange(len(row), device=device)
    eos = torch.tensor(sorted(stops), device=device)
    out = torch.full((len(row), decoding.max_tokens), -1, device=device)
    for step in range(decoding.max_tokens):
        token = choose(logits, draws[live, step], decoding, row)
        out[live, step] = token
        going = ~torch.isin(token, eos)
        if step + 1 == decoding.max_tokens or not bool(going.any()):
            break
        live = live[going]
        source, tokens, row = fork(row[going], token[going])
        forward.rearrange(source)
        logits = forward.step(tokens)
    rows: list[list[int]] = out.tolist()
    return rows


def fork(row: Tensor, token: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Completions with the same text so far share a row. From the row each of them (M,) is on
    and its next token: (the row that each new row continues, its token, each one's new row).
    A row whose text goes on stays where it is, as far as the rows still reach."""
    child, place = torch.unique((row << 32) | token, return_inverse=True)
    parent, tokens, count = child >> 32, child & 0xFFFFFFFF, len(child)
    first = torch.ones_like(parent, dtype=torch.bool)
    first[1:] = parent[1:] != parent[:-1]
    stays = first & (parent < count)
    free = torch.ones_like(stays)
    free[parent[stays]] = False
    slot = parent.clone()
    slot[~stays] = free.nonzero().squeeze(1)
    source, chosen = torch.empty_like(parent), torch.empty_like(tokens)
    source[slot], chosen[slot] = parent, tokens
    return source, chosen, slot[place]


def choose(
    logits: Tensor, draw: Tensor, decoding: Decoding, row: Tensor | None = None
) -> Tensor:
    """Next tokens (M,) from (B, V) logits, (M,) uniform draws and the ``row`` of each draw
    (None: its own), by inverting the cumulative distribution of the ``top_k`` likeliest tokens
    at the temperature."""
    if row is None:
        row = torch.arange(len(draw), device=draw.device)
    if decoding.temperature == 0:
        return logits.argmax(1)[row]
    count = decoding.top_k if 0 < decoding.top_k < logits.shape[1] else logits.shape[1]
    values, tokens = logits.topk(count, dim=1)
    mass = torch.softmax(values / decoding.temperature, dim=1).cumsum(1)[row]
    place = torch.searchsorted(mass, (draw * mass[:, -1].clamp(max=1))[:, None], right=True)
    return tokens[row].gather(1, place.clamp(max=count - 1)).squeeze(1)


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
