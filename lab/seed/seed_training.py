"""Supervised stages of the seed policy: length-bucketed batches, loss on the answer alone."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from lab.sample.drills import draw_comparisons, draw_example
from lab.sample.lexicon import Lexicon
from lab.sample.teacher import Biases

# ids of one example and the index of the first token that counts; every later one counts
Example = tuple[list[int], list[bool]]
MUON = 2.0  # times the rate of AdamW
POOL = 64  # batches drawn together, so that a batch holds examples of about one length
_LINES = 14  # comparison lines a practice example
_JUDGED = (" same", " different", " below", " above", " missing", " met", " unmet")


@dataclass(frozen=True, slots=True)
class SeedStage:
    """One pass over freshly drawn examples; ``biases`` None means comparison practice.

    ``muon``: for the matrices of the layers, AdamW for the rest. Comparison practice needs
    fewer updates with it, each about as long. ``horizon``: the examples that the falling rate
    is planned for, where another stage goes on before it is low.
    """

    name: str
    examples: int
    learning_rate: float
    biases: Biases | None = None
    batch: int = 16
    warmup: int = 100  # updates
    muon: bool = False
    horizon: int = 0


def train_stage(
    model: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    lexicon: Lexicon,
    stage: SeedStage,
    seed: int,
    say: Callable[[str], None],
) -> None:
    """One stage of the seed policy."""
    rng = random.Random(seed)
    batches = batched(
        lambda: _examples(rng, tokenizer, lexicon, stage, stage.batch * POOL),
        int(tokenizer.convert_tokens_to_ids(str(tokenizer.pad_token))),
        rng,
        stage.batch,
    )
    updates = max(1, stage.examples // stage.batch)
    train_batches(model, batches, updates, stage, say)


def train_batches(
    model: LlamaForCausalLM,
    batches: Iterator[tuple[Tensor, Tensor]],
    updates: int,
    stage: SeedStage,
    say: Callable[[str], None],
) -> None:
    """Warmup and a cosine to a tenth; reports the loss every 50 updates."""
    optimizers = _optimizers(model, stage)
    planned = max(updates, stage.horizon // stage.batch)
    schedules = [
        torch.optim.lr_scheduler.LambdaLR(o, lambda done: _rate(done, stage.warmup, planned))
        for o in optimizers
    ]
    started, total = time.monotonic(), 0.0
    model.train()
    for update in range(1, updates + 1):
        loss = _loss(model, *next(batches))
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer, schedule in zip(optimizers, schedules, strict=True):
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
        total += loss.item()
        if update % 50 == 0:
            seconds = time.monotonic() - started
            say(f"{stage.name} {update}/{updates} loss {total / 50:.4f} {seconds:.0f} s")
            total = 0.0
    model.eval()


def _optimizers(model: LlamaForCausalLM, stage: SeedStage) -> list[torch.optim.Optimizer]:
    rate, decay = stage.learning_rate, 0.01
    muon = [p for p in model.model.layers.parameters() if p.ndim == 2 and stage.muon]
    chosen = set(map(id, muon))
    rest = [p for p in model.parameters() if id(p) not in chosen]
    adamw = torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.98), weight_decay=decay)
    if not muon:
        return [adamw]
    like_adamw = "match_rms_adamw"  # so that one rate serves both
    return [
        torch.optim.Muon(muon, lr=MUON * rate, weight_decay=decay, adjust_lr_fn=like_adamw),
        adamw,
    ]


def _rate(done: int, warmup: int, updates: int) -> float:
    if done < warmup:
        return (done + 1) / warmup
    progress = (done - warmup) / max(1, updates - warmup)
    return 0.1 + 0.45 * (1 + math.cos(math.pi * min(1.0, progress)))


def _loss(model: LlamaForCausalLM, ids: Tensor, counts: Tensor) -> Tensor:
    """Mean cross-entropy of the tokens that count; ``ids``, ``counts`` are (batch, time).

    Right padding needs no mask: a causal model never looks right. The vocabulary is only
    projected where a token counts.
    """
    hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state
    wanted = counts[:, 1:]
    logits = model.lm_head(hidden[:, :-1][wanted])
    return nn.functional.cross_entropy(logits, ids[:, 1:][wanted])


def batched(
    draw: Callable[[], list[Example]], pad: int, rng: random.Random, size: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Endless batches of ids and of what counts, right-padded; ``draw`` gives a pool, whose
    examples of about one length share a batch."""
    while True:
        pool = sorted(draw(), key=lambda example: len(example[0]))
        starts = list(range(0, len(pool), size))
        rng.shuffle(starts)
        for start in starts:
            chosen = pool[start : start + size]
            longest = max(len(ids) for ids, _ in chosen)
            gaps = [longest - len(ids) for ids, _ in chosen]
            rows = zip(chosen, gaps, strict=True)
            padded = [(ids + [pad] * gap, on + [False] * gap) for (ids, on), gap in rows]
            yield torch.tensor([i for i, _ in padded]), torch.tensor([c for _, c in padded])


def _examples(
    rng: random.Random,
    tokenizer: PreTrainedTokenizerFast,
    lexicon: Lexicon,
    stage: SeedStage,
    count: int,
) -> list[Example]:
    if stage.biases is None:
        judged = {tokenizer(word)["input_ids"][0] for word in _JUDGED}
        texts = [draw_comparisons(rng, lexicon, _LINES) for _ in range(count)]
        rows: list[list[int]] = tokenizer(texts)["input_ids"]
        return [(ids, [token in judged for token in ids]) for ids in rows]
    drawn = [draw_example(rng, lexicon, stage.biases) for _ in range(count)]
    return answered(tokenizer, drawn)


def answered(
    tokenizer: PreTrainedTokenizerFast, drawn: Sequence[tuple[str, str]]
) -> list[Example]:
    """Prompts with their answers, of which every token counts, the end included."""
    prompts = tokenizer([prompt for prompt, _ in drawn])["input_ids"]
    answers = tokenizer([answer + str(tokenizer.eos_token) for _, answer in drawn])["input_ids"]
    pairs = zip(prompts, answers, strict=True)
    return [(p + a, [False] * len(p) + [True] * len(a)) for p, a in pairs]
