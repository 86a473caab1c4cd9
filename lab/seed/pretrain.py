"""Train the seed policy from nothing, with one command:

    OMP_NUM_THREADS=1 python -m lab.seed.pretrain --out training/seed_policy

Comparison practice, then correct CoTs, ended while it still errs; with ``--teacher`` CoTs of an
imperfect teacher, too. Equal seed, scale and thread count give equal weights. Exit code 1 when
a step does not clearly beat the majority rate on held-out queries.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from lab.sample.generate import SamplePair, generate
from lab.sample.lexicon import load_lexicon
from lab.sample.teacher import PERFECT, SEED_TEACHER, TEACHERS
from lab.sample.world import PROMPT_VERSION
from lab.seed.seed_eval import SeedReport, answers, correct_steps, mixed_share, report
from lab.seed.seed_tokenizer import build_tokenizer
from lab.seed.seed_training import SeedStage, train_stage
from training.job.prompts import PromptVersion

STAGES = (
    SeedStage("compare", 4000, 3e-3, None, warmup=30, muon=True),
    SeedStage("correct", 16_000, 2.5e-3, PERFECT, warmup=50, muon=True, horizon=24_000),
    SeedStage("teacher", 4000, 1e-3, SEED_TEACHER, warmup=20, muon=True),
)
CLEARLY = 0.1  # a step's accuracy must exceed the majority rate by this much
_MIXED_PROMPTS, _MIXED_SAMPLES = 120, 6


def build_model(
    tokenizer: PreTrainedTokenizerFast, width: int = 128, inner: int = 4
) -> LlamaForCausalLM:
    """A four-layer Llama with tied embeddings, fp32: 1.4 million parameters with the sample's
    tokenizer. ``inner``: the width of its feed-forward layers, times ``width``."""
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=inner * width,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=1024,
        tie_word_embeddings=True,
        initializer_range=0.05,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return LlamaForCausalLM(config)


def main(argv: Sequence[str] | None = None) -> int:
    options = _options(argv)
    torch.manual_seed(options.seed)
    lexicon = load_lexicon()
    tokenizer = build_tokenizer(lexicon)
    model = build_model(tokenizer)
    if options.start:
        model = LlamaForCausalLM.from_pretrained(options.start)
    names = [stage.name for stage in STAGES]
    stages = STAGES[names.index(options.from_stage) : names.index(options.to_stage) + 1]
    for stage in stages:
        examples, biases = int(stage.examples * options.scale), stage.biases
        if biases is SEED_TEACHER:
            if options.teacher is None:
                break
            biases = TEACHERS[options.teacher]
        horizon = int(stage.horizon * options.scale)
        sized = dataclasses.replace(stage, examples=examples, biases=biases, horizon=horizon)
        number = options.seed * len(STAGES) + names.index(stage.name)
        train_stage(model, tokenizer, lexicon, sized, number, _say)
        save(model, tokenizer, options.out, PROMPT_VERSION)
    pairs = [pair for pair in generate().pairs if pair.split == "test"][: options.judged]
    torch.manual_seed(options.seed)
    outcome = measure(model, tokenizer, pairs)
    weak = [k for k in outcome.accuracy if outcome.accuracy[k] < outcome.majority[k] + CLEARLY]
    for kind in weak:
        _say(f"step {kind} does not clearly beat the majority rate")
    return 1 if weak else 0


def measure(
    model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, pairs: Sequence[SamplePair]
) -> SeedReport:
    """Print greedy accuracy by step, and how often sampled answers of one prompt differ."""
    outcome = report(pairs, answers(model, tokenizer, pairs))
    for line in outcome.lines():
        _say(line)
    few = list(pairs[:: max(1, len(pairs) // _MIXED_PROMPTS)])
    drawn = [answers(model, tokenizer, few, temperature=1.0) for _ in range(_MIXED_SAMPLES)]
    for kind in outcome.accuracy:
        groups = [
            [kind in correct_steps(pair, texts[i]) for texts in drawn]
            for i, pair in enumerate(few)
        ]
        rate = sum(map(sum, groups)) / (len(few) * _MIXED_SAMPLES)
        _say(f"sampled step {kind} accuracy {rate:.3f} mixed {mixed_share(groups):.3f}")
    return outcome


def save(
    model: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    out: Path,
    version: PromptVersion,
) -> None:
    """Write the Hugging Face folder and ``stepwise.json``; ``version`` is that of the prompts
    which the model was trained on."""
    out.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    card = {"layout": "answer_last", "prompt_version": version, "style": "bare"}
    (out / "stepwise.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    (out / "model.safetensors").chmod(0o644)  # saved as 0600, but other users run workers


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    names = [stage.name for stage in STAGES]
    parser = argparse.ArgumentParser(description="Train the seed policy.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--scale", type=float, default=1.0, help="times the examples a stage")
    parser.add_argument("--start", type=Path, help="a saved earlier stage to go on from")
    parser.add_argument("--from-stage", choices=names, default=names[0])
    parser.add_argument("--to-stage", choices=names, default=names[-1])
    parser.add_argument("--teacher", choices=TEACHERS, help="of a last stage that errs")
    parser.add_argument("--judged", type=int, default=None, help="test pairs (default: all)")
    return parser.parse_args(argv)


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
