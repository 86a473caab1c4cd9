"""Tokenizer and weights of a small policy, from the texts it is to read and write."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import torch
from transformers import PreTrainedTokenizerFast

from annotation.cot.rules import Rules
from lab.own.config import OwnConfig
from lab.own.draw import Catalogue, PracticeShop, draws, shop_of
from lab.own.lookups import Lookups
from lab.own.tokens import tokenizer_of
from lab.seed.pretrain import build_model, save
from lab.seed.seed_tokenizer import PAD
from lab.seed.seed_training import (
    POOL,
    Example,
    SeedStage,
    answered,
    batched,
    train_batches,
)
from training.job.prompts import PromptVersion, policy_prompt, visible
from training.rollouts.catalogue.writer import catalogue_cot

PROMPT_VERSION: PromptVersion = "2"
_SEEN = 4000  # texts that the tokenizer is made of
_LONGEST = 512  # tokens of an example; a longer one would cost more than it teaches
_LOOKUPS = SeedStage("look up", 0, 3e-3, batch=8, warmup=30, muon=True)
_COTS = SeedStage("write", 0, 2e-3, batch=16, warmup=50, muon=True)


def policy_make(
    catalogue: Catalogue, rules: Rules, config: OwnConfig, out: Path, say: Callable[[str], None]
) -> None:
    """Write a Hugging Face folder that answers as the catalogue writer does, more or less: 1.4
    million parameters at width 128.

    Raises:
        ValueError: no product has a word in its title.
    """
    torch.manual_seed(config.seed)
    rng = random.Random(config.seed)
    shop = shop_of(catalogue)
    texts = written(shop, rules, rng)
    seen = list(islice(texts, min(_SEEN, config.examples)))
    tokenizer = tokenizer_of((prompt + cot for prompt, cot in seen), config.vocabulary)
    model = build_model(tokenizer, config.width, inner=3)
    say(f"{model.num_parameters():,} parameters, {len(tokenizer):,} tokens")
    lookups, cots = Lookups(shop, PROMPT_VERSION, _LONGEST), _cots(tokenizer, texts)

    def learn(stage: SeedStage, draw: Callable[[], Example]) -> None:
        pool, pad = stage.batch * POOL, int(tokenizer.convert_tokens_to_ids(PAD))
        batches = batched(lambda: [draw() for _ in range(pool)], pad, rng, stage.batch)
        train_batches(model, batches, max(1, stage.examples // stage.batch), stage, say)

    learn(replace(_LOOKUPS, examples=config.lookups), lambda: lookups.example(tokenizer, rng))
    learn(replace(_COTS, examples=config.examples), lambda: next(cots))
    save(model, tokenizer, out, PROMPT_VERSION)
    note = {"made": "lab.own", "examples": config.examples, "seed": config.seed}
    (out / "own.json").write_text(json.dumps(note, indent=1) + "\n", encoding="utf-8")


def written(shop: PracticeShop, rules: Rules, rng: random.Random) -> Iterator[tuple[str, str]]:
    """Prompts and the catalogue writer's CoTs about what these show: who is to learn from a CoT
    must not be asked to quote a line that it cannot see."""
    for pair in draws(shop, rng):
        seen = visible(pair, PROMPT_VERSION)
        yield (
            policy_prompt(pair, version=PROMPT_VERSION),
            catalogue_cot(seen, rules, brands=shop.brands),
        )


def _cots(
    tokenizer: PreTrainedTokenizerFast, texts: Iterator[tuple[str, str]]
) -> Iterator[Example]:
    while True:
        drawn = answered(tokenizer, list(islice(texts, _COTS.batch)))
        yield from (example for example in drawn if len(example[0]) <= _LONGEST)
