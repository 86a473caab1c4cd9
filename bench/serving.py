"""``python -m bench.serving --json``: serving by the first token beside writing the whole CoT.

Without ``--model`` the shipped policy is first taught to answer first, by SFT on reference
traces of the sample's training pairs. CumPT's threshold is tuned on validation pairs; its macro
F1 and argmax's are on test pairs of other queries, their difference with an interval from a
bootstrap paired by query: at the first token of the taught policy, and where the shipped
policy comes to its tier after its CoT. Latency: the same model, the same batches of prompts,
greedy; rounds alternate, so that a busy machine slows both alike. On CPU the ratio is of
processor seconds.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from training.rl.policy.model import (  # before torch: sets the thread environment
    Policy,
    load_policy,
)

# isort: split
import torch

from annotation.cot.steps import StepKind, parse
from lab.compare.benchmark import sample_row
from lab.sample.generate import SamplePair
from lab.sample.generate import generate as make_sample
from lab.sample.trace import cot, true_reading
from training.job.data import sample_of
from training.job.files import write_jsonl, write_text
from training.job.types import Sample
from training.rl.measure.bootstrap import paired_interval, query_tables
from training.rl.measure.classification import macro_f1
from training.rl.measure.cumpt import argmax_tier, quantile_tier, tier_probabilities, tune
from training.rl.measure.serve_score import TierScorer, tier_tokens
from training.rl.policy.generate import Decoding, generate, next_token_logits
from training.rl.policy.tokens import encode
from training.rl.train import main as train
from verifier.truth import TruthTable, dump

TARGET = 4.0
POLICY = Path(__file__).resolve().parent.parent / "training" / "seed_policy"
RUN_TOML = """
method = "sft"
policy = "{policy}"
layout = "answer_first"
[sampling]
rollouts = 1
[fit]
epochs = {epochs}
save_every = 100000
learning_rate = {rate}
[eval]
limit = 8
bootstrap = 10
"""


def pairs_of(split: str, count: int) -> list[SamplePair]:
    """``count`` pairs of the built-in sample, the same at every call."""
    pairs = [pair for pair in make_sample().pairs if pair.split == split]
    return random.Random(0).sample(pairs, min(count, len(pairs)))


def label_row(pair: SamplePair, number: int) -> dict[str, Any]:
    """The reference trace of a pair as a rollout that people found correct."""
    text = cot(pair.query, pair.product, true_reading(pair.query, pair.product))
    return {
        **sample_row(pair),
        "rollout_id": f"reference {number}",
        "steps": [text[step.start : step.end] for step in parse(text)],
        "verdicts": {str(int(kind)): "correct" for kind in StepKind},
        "values": {},
    }


def teach(folder: Path, pairs: int, epochs: float, rate: float) -> Path:
    """An answer-first model folder from the shipped policy."""
    folder.mkdir()
    references = pairs_of("train", pairs)
    write_jsonl(folder / "train.jsonl", [sample_row(pair) for pair in references[:8]])
    write_jsonl(folder / "eval.jsonl", [sample_row(pair) for pair in pairs_of("test", 8)])
    write_jsonl(
        folder / "labels.jsonl", [label_row(pair, n) for n, pair in enumerate(references)]
    )
    write_text(folder / "truth.json", dump(TruthTable()))
    toml = RUN_TOML.format(policy=POLICY, epochs=float(epochs), rate=rate)
    write_text(folder / "run.toml", toml)
    with redirect_stdout(sys.stderr):  # standard output is the report's
        failed = train([str(folder)])
    if failed:
        raise SystemExit("the policy could not be taught")
    return folder / "model"


def after_cot(policy: Policy, samples: Sequence[Sample]) -> list[list[float]]:
    """The tier distributions of a policy that answers last, read where its own greedy CoT
    comes to the tier; even odds where it does not come to it."""
    _, tokens = tier_tokens(policy)
    prompts = [policy.prompt(sample.text) for sample in samples]
    distributions = [[0.25] * 4 for _ in samples]
    rows, places = [], []
    for place, (answer,) in enumerate(generate(policy, prompts, Decoding(max_tokens=192))):
        before, claim, _ = answer.text.rpartition("\ntier:")
        if claim:
            rows.append(
                [*policy.prompt_ids(prompts[place]), *encode(policy.tokenizer, before + claim)]
            )
            places.append(place)
    for place, row in zip(
        places, next_token_logits(policy, rows, tokens).tolist(), strict=True
    ):
        distributions[place] = tier_probabilities(row)
    return distributions


def quality(
    read: Callable[[Sequence[Sample]], list[list[float]]],
    validation: Sequence[Sample],
    samples: Sequence[Sample],
) -> dict[str, Any]:
    """Macro F1 of CumPT, tuned on ``validation``, and of argmax on the same held-out pairs."""
    tuned = tune(read(validation), [s.truth[StepKind.FINAL].value for s in validation])
    rows, threshold = read(samples), tuned.threshold
    truths = [sample.truth[StepKind.FINAL].value for sample in samples]
    queries = [sample.text.query for sample in samples]
    ours = query_tables(queries, truths, [quantile_tier(row, threshold) for row in rows])
    plain = query_tables(queries, truths, [argmax_tier(row) for row in rows])
    low, high = paired_interval(macro_f1, plain, ours, 1000)
    return {
        "threshold": threshold,
        "tuned_on": tuned.n,
        "validation_macro_f1_cumpt": round(tuned.macro_f1, 4),
        "validation_macro_f1_argmax": round(tuned.argmax_macro_f1, 4),
        "served_by": "argmax" if tuned.by_argmax else "cumpt",
        "n": len(samples),
        "macro_f1_cumpt": round(macro_f1(ours.sum(0)), 4),
        "macro_f1_argmax": round(macro_f1(plain.sum(0)), 4),
        "difference": round(macro_f1(ours.sum(0)) - macro_f1(plain.sum(0)), 4),
        "difference_interval": [round(low, 4), round(high, 4)],
    }


def latency(
    policy: Policy, scorer: TierScorer, samples: Sequence[Sample], batch: int, rounds: int
) -> dict[str, Any]:
    """Seconds for one batch, medians over the rounds after a warm-up; the ratio is the median
    of the rounds' ratios."""
    some = samples[:batch]
    prompts = [policy.prompt(sample.text) for sample in some]
    texts = [sample.text for sample in some]
    decoding = Decoding(max_tokens=192, batch_size=batch)
    first, whole = [], []
    for _ in range(rounds + 1):
        first.append(_seconds(lambda: scorer.probabilities(texts)))
        whole.append(_seconds(lambda: generate(policy, prompts, decoding)))
    ratios = [b / a for a, b in zip(first[1:], whole[1:], strict=True)]
    return {
        "batch": len(some),
        "first_token_seconds": round(statistics.median(first[1:]), 4),
        "full_cot_seconds": round(statistics.median(whole[1:]), 4),
        "ratio": round(statistics.median(ratios), 2),
        "ratio_range": [round(min(ratios), 2), round(max(ratios), 2)],
    }


def _seconds(work: Callable[[], object]) -> float:
    clock = time.perf_counter if torch.cuda.is_available() else time.process_time
    started = clock()
    work()
    return clock() - started


def measure(model: Path, validation: int, test: int, batches: list[int], rounds: int) -> Any:
    torch.set_num_threads(1)
    policy = load_policy(model)
    scorer = TierScorer(policy)
    known = [sample_of(sample_row(pair)) for pair in pairs_of("val", validation)]
    samples = [sample_of(sample_row(pair)) for pair in pairs_of("test", test)]
    shipped = load_policy(POLICY)

    def first(some: Sequence[Sample]) -> list[list[float]]:
        return scorer.probabilities([sample.text for sample in some])

    times = [latency(policy, scorer, samples, batch, rounds) for batch in batches]
    return {
        "target": TARGET,
        "ratio": min(part["ratio"] for part in times),
        "first_token": quality(first, known, samples),
        "after_cot": quality(lambda some: after_cot(shipped, some), known, samples),
        "latency": times,
        "measured": "wall clock seconds" if torch.cuda.is_available() else "processor seconds",
        "rounds": rounds,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--model", type=Path, help="an answer-first policy folder")
    parser.add_argument("--pairs", type=int, default=3000, help="reference traces for SFT")
    parser.add_argument("--epochs", type=float, default=3)
    parser.add_argument("--rate", type=float, default=1e-3, help="learning rate of the SFT")
    parser.add_argument("--validation", type=int, default=1000)
    parser.add_argument("--test", type=int, default=1000)
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--rounds", type=int, default=5)
    o = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = o.model or teach(Path(folder) / "run", o.pairs, o.epochs, o.rate)
        figures = measure(model, o.validation, o.test, o.batches, o.rounds)
    if o.json:
        print(json.dumps(figures))
        return
    print(f"first token {figures['ratio']} x faster than the whole CoT, target {TARGET}")
    for name in ("first_token", "after_cot"):
        part = figures[name]
        print(
            f"{name}: CumPT {part['macro_f1_cumpt']}, argmax {part['macro_f1_argmax']}, "
            f"served by {part['served_by']}"
        )
        print(f"  difference {part['difference']} {part['difference_interval']}")


if __name__ == "__main__":
    main()
