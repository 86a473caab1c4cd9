"""Tokenizer and weights of a small policy, from the texts it is to read and write."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from annotation.cot.rules import Rules
from lab.own.draw import Catalogue, draws
from lab.seed.pretrain import build_model, save
from lab.seed.seed_tokenizer import EOS, PAD, wrapped
from lab.seed.seed_training import (
    POOL,
    Example,
    SeedStage,
    answered,
    batched,
    train_batches,
)
from training.job.prompts import PromptVersion, policy_prompt
from training.rollouts.catalogue.writer import brands_named, catalogue_cot

PROMPT_VERSION: PromptVersion = "1"
_SEEN = 6000  # texts that the tokenizer is made of
_LONGEST = 512  # tokens of an example; a longer one would cost more than it teaches


@dataclass(frozen=True, slots=True)
class OwnConfig:
    """16,000 examples of a catalogue of electronics took 25 minutes on one busy core."""

    examples: int = 32_000
    width: int = 192
    vocabulary: int = 4096
    learning_rate: float = 2e-3
    seed: int = 0


def policy_make(
    catalogue: Catalogue, rules: Rules, config: OwnConfig, out: Path, say: Callable[[str], None]
) -> None:
    """Write a Hugging Face folder that answers as the catalogue writer does, more or less: 2.7
    million parameters at width 192.

    Raises:
        ValueError: no product has a word in its title.
    """
    torch.manual_seed(config.seed)
    rng = random.Random(config.seed)
    texts = written(catalogue, rules, rng)
    seen = list(islice(texts, min(_SEEN, config.examples)))
    tokenizer = tokenizer_of((prompt + cot for prompt, cot in seen), config.vocabulary)
    model = build_model(tokenizer, config.width, inner=3)
    say(f"{model.num_parameters():,} parameters, {len(tokenizer):,} tokens")
    stage = SeedStage("write", config.examples, config.learning_rate)
    batches = batched(
        lambda: _examples(tokenizer, texts, stage.batch * POOL),
        int(tokenizer.convert_tokens_to_ids(PAD)),
        rng,
        stage.batch,
    )
    train_batches(model, batches, max(1, config.examples // stage.batch), stage, say)
    save(model, tokenizer, out, PROMPT_VERSION)
    note = {"made": "lab.own", "examples": config.examples, "seed": config.seed}
    (out / "own.json").write_text(json.dumps(note, indent=1) + "\n", encoding="utf-8")


def written(
    catalogue: Catalogue, rules: Rules, rng: random.Random
) -> Iterator[tuple[str, str]]:
    """Prompts and the catalogue writer's CoTs. Every other irrelevant pair is left out: most of
    what one draws at random is that."""
    brands = brands_named(product.attributes.items() for product in catalogue.products)
    for pair in draws(catalogue, rng):
        cot = catalogue_cot(pair, rules, brands=brands)
        if not cot.rstrip().endswith("tier: 1") or rng.random() < 0.5:
            yield policy_prompt(pair, version=PROMPT_VERSION), cot


def tokenizer_of(texts: Iterable[str], size: int) -> PreTrainedTokenizerFast:
    """A byte-level BPE: any text can be read, and decodes exactly."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=[PAD, EOS],
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return wrapped(tokenizer)


def _examples(
    tokenizer: PreTrainedTokenizerFast, texts: Iterator[tuple[str, str]], count: int
) -> list[Example]:
    drawn = answered(tokenizer, list(islice(texts, count)))
    return [example for example in drawn if len(example[0]) <= _LONGEST]
