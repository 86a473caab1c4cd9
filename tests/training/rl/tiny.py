"""A tiny world for the RL tests: pairs, a policy that learns the format, run folders."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from annotation.cot.steps import StepKind, render
from training.job.files import write_json, write_jsonl
from training.job.prompts import PairText, policy_prompt
from training.job.types import Sample
from verifier.truth import Truth, TruthTable, dump

COLOURS = ("red", "blue", "green", "black")
THINGS = ("shoe", "lamp", "chair")


def make_samples() -> list[Sample]:
    """48 pairs of 12 queries; the colour decides the attribute, the thing the category."""
    samples = []
    for number in range(48):
        query_thing, query_colour = THINGS[number % 3], COLOURS[(number // 3) % 4]
        thing = query_thing if number % 4 else THINGS[(number + 1) % 3]
        colour = query_colour if number % 2 else COLOURS[(number + 1) % 4]
        category = "match" if thing == query_thing else "mismatch"
        attribute = "all" if colour == query_colour else "none"
        tier = "1" if category == "mismatch" else "4" if attribute == "all" else "2"
        values = {StepKind(3): category, StepKind(4): attribute, StepKind(5): tier}
        samples.append(
            Sample(
                pair_id=str(number),
                text=PairText(f"{query_colour} {query_thing}", f"{colour} {thing}"),
                query_type="general" if number % 2 else "negation",
                split="train" if (number % 12) < 8 else "test",
                truth={kind: Truth(value, "consensus") for kind, value in values.items()},
            )
        )
    return samples


def answer(sample: Sample, wrong: bool = False) -> str:
    """A CoT in the format: right, or wrong on the steps 3 to 5."""
    value = {kind: truth.value for kind, truth in sample.truth.items()}
    if wrong:
        value = {StepKind(3): "related", StepKind(4): "partial", StepKind(5): "3"}
    return render(
        {
            StepKind(1): f"wants {sample.text.query}",
            StepKind(2): f"is {sample.text.title}",
            StepKind(3): f"category: {value[StepKind(3)]}",
            StepKind(4): f"attribute: {value[StepKind(4)]}",
            StepKind(5): f"tier: {value[StepKind(5)]}",
        }
    )


def make_tokenizer(texts: list[str]) -> PreTrainedTokenizerFast:
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=420,
        special_tokens=["<pad>", "<eos>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    raw.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=raw, pad_token="<pad>", eos_token="<eos>", padding_side="left"
    )


def make_policy(folder: Path, samples: list[Sample], updates: int = 90) -> None:
    """Train from scratch on right and wrong answers alike, then save."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    draw = random.Random(0)
    tokenizer = make_tokenizer(
        [
            policy_prompt(s.text, version="1") + answer(s, w)
            for s in samples
            for w in (False, True)
        ]
    )
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=48, intermediate_size=96, num_hidden_layers=2,
        num_attention_heads=3, num_key_value_heads=3, max_position_embeddings=256,
        tie_word_embeddings=True, pad_token_id=0, eos_token_id=1, bos_token_id=None,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    optimizer = torch.optim.AdamW(model.parameters(), lr=8e-3)
    for _ in range(updates):
        rows = [_row(tokenizer, s, draw.random() < 0.4) for s in draw.sample(samples, 16)]
        width = max(map(len, rows))
        ids = torch.tensor([row + [0] * (width - len(row)) for row in rows])
        labels = torch.where(ids == 0, -100, ids)
        loss = model(input_ids=ids, attention_mask=(ids > 0).long(), labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    write_json(folder / "stepwise.json", {"layout": "answer_last", "style": "bare"})


def _row(tokenizer: PreTrainedTokenizerFast, sample: Sample, wrong: bool) -> list[int]:
    text = policy_prompt(sample.text, version="1") + answer(sample, wrong)
    return [*tokenizer(text)["input_ids"], tokenizer.eos_token_id]


def pair_row(sample: Sample) -> dict[str, Any]:
    """A line of train.jsonl."""
    return {
        "pair_id": sample.pair_id,
        "query": sample.text.query,
        "query_type": sample.query_type,
        "title": sample.text.title,
        "split": sample.split,
        "truth": {
            str(int(kind)): {"value": truth.value, "source": truth.source}
            for kind, truth in sample.truth.items()
        },
    }


def label_row(sample: Sample, wrong: bool) -> dict[str, Any]:
    """A line of labels.jsonl: people judged all five steps."""
    text = answer(sample, wrong)
    steps = ["## " + part.strip() for part in text.split("## ")[1:]]
    verdict = "incorrect" if wrong else "correct"
    return {
        **pair_row(sample),
        "rollout_id": f"{sample.pair_id}-{int(wrong)}",
        "steps": steps,
        "verdicts": {"1": "correct", "2": "correct", "3": verdict, "4": verdict, "5": verdict},
        "values": {str(int(k)): t.value for k, t in sample.truth.items()},
    }


def make_run(folder: Path, policy_dir: Path, samples: list[Sample], **settings: Any) -> None:
    """A run folder with a small SRPO configuration; ``settings`` replace tables or keys."""
    folder.mkdir(parents=True)
    train = [s for s in samples if s.split == "train"]
    evaluated = [
        replace(s, text=replace(s.text, query=s.text.query))
        for s in samples
        if s.split == "test"
    ]
    write_jsonl(folder / "train.jsonl", [pair_row(s) for s in train])
    write_jsonl(folder / "eval.jsonl", [pair_row(s) for s in evaluated])
    write_jsonl(
        folder / "labels.jsonl", [label_row(s, w) for s in train for w in (False, True)]
    )
    rows = [(s.pair_id, kind, truth) for s in train for kind, truth in s.truth.items()]
    (folder / "truth.json").write_text(dump(TruthTable(rows)))
    config = {
        "method": "srpo",
        "policy": str(policy_dir),
        "sampling": {"rollouts": 4, "batch_size": 64},
        "rl": {"updates": 3, "prompts": 2, "group": 4, "micro_batch": 4, "max_tokens": 90,
               "save_every": 1, "learning_rate": 1e-4},
        "fit": {"epochs": 1.0, "batch_size": 16, "max_tokens": 256},
        "eval": {"max_tokens": 90, "bootstrap": 20},
        **settings,
    }  # fmt: skip
    write_run_toml(folder, config)


def write_run_toml(folder: Path, config: dict[str, Any]) -> None:
    top = [f"{k} = {json.dumps(v)}" for k, v in config.items() if not isinstance(v, dict)]
    for name, table in config.items():
        if isinstance(table, dict):
            top += [f"\n[{name}]", *(f"{k} = {json.dumps(v)}" for k, v in table.items())]
    (folder / "run.toml").write_text("\n".join(top) + "\n")
