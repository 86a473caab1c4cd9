"""``python -m bench.sampling --json``: our local sampler beside transformers' own ``generate``.

Both sample as many completions of the same prompts with the same temperature, top-k and token
budget, on one thread. ``generate`` is called as one would write it, a padded batch of prompts
and ``num_return_sequences``; it is timed at several batch sizes and its best counts. Rounds
alternate, so that a busy machine slows both alike; on CPU the ratio is of processor seconds
for each token, which other processes do not change. Before timing, both decode greedily and
must give the same token ids: the bench ends with an error otherwise.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from training.rl.policy.model import (  # before torch: sets the thread environment
    Policy,
    load_policy,
)

# isort: split
import torch

from lab.sample.generate import generate as make_sample
from lab.sample.world import pair_text
from training.rl.policy.forward import forward_of
from training.rl.policy.generate import Decoding, generate, generate_ids

TARGET = 5.0
POLICY = Path(__file__).resolve().parent.parent / "training" / "seed_policy"
PLAIN_BATCHES = (64, 256, 512)
OUR_BATCHES = (256, 512)


def make_prompts(policy: Policy, count: int) -> list[str]:
    """Training pairs of the built-in sample, spread over its queries."""
    pairs = [pair for pair in make_sample().pairs if pair.split == "train"]
    chosen = pairs[:: max(1, len(pairs) // count)][:count]
    return [policy.prompt(pair_text(p.query, p.product)) for p in chosen]


def plain(policy: Policy, prompts: Sequence[str], decoding: Decoding) -> list[list[list[int]]]:
    """Token ids of ``decoding.n`` completions a prompt, EOS included, by ``model.generate``."""
    how: dict[str, Any] = {"do_sample": False}
    if decoding.temperature > 0:
        how = {
            "do_sample": True,
            "temperature": decoding.temperature,
            "top_k": decoding.top_k,
            "num_return_sequences": decoding.n,
        }
    completions: list[list[list[int]]] = []
    step = max(1, decoding.batch_size // decoding.n)
    for start in range(0, len(prompts), step):
        some = list(prompts[start : start + step])
        rows = [policy.prompt_ids(prompt) for prompt in some]
        batch = policy.tokenizer.pad({"input_ids": rows}, return_tensors="pt").to(
            policy.model.device
        )
        batch.pop("token_type_ids", None)
        out = policy.model.generate(**batch, max_new_tokens=decoding.max_tokens, **how)
        drawn = out[:, batch["input_ids"].shape[1] :]
        policy.tokenizer.batch_decode(drawn, skip_special_tokens=True)  # as ours also does
        ends = [_until_eos(row, policy.eos_ids) for row in drawn.tolist()]
        completions += [ends[i : i + decoding.n] for i in range(0, len(ends), decoding.n)]
    return completions


def measure(model: str, count: int, n: int, tokens: int, rounds: int) -> dict[str, Any]:
    """Ratios for sampling (n completions a prompt) and for greedy decoding (one)."""
    torch.set_num_threads(1)
    policy = load_policy(model)
    prompts = make_prompts(policy, count)
    same_greedy_ids(policy, prompts, tokens)
    sampled = Decoding(n=n, temperature=0.99, top_k=100, max_tokens=tokens)
    return {
        "target": TARGET,
        **compare(policy, prompts, sampled, rounds),
        "greedy": compare(policy, prompts, Decoding(max_tokens=tokens), rounds),
        "greedy_ids_equal": True,
        "prompts": len(prompts),
        "threads": torch.get_num_threads(),
        "forward": type(forward_of(policy)).__name__,
        "measured": "wall clock seconds" if torch.cuda.is_available() else "processor seconds",
        "model": Path(model).name,
    }


def compare(
    policy: Policy, prompts: Sequence[str], decoding: Decoding, rounds: int
) -> dict[str, Any]:
    """Tokens a second at each batch size, best against best: ``ratio`` is the median over the
    rounds, ``ratio_range`` its extremes."""

    def ours(d: Decoding) -> int:
        return sum(c.tokens for group in generate(policy, prompts, d) for c in group)

    def theirs(d: Decoding) -> int:
        return sum(len(ids) for group in plain(policy, prompts, d) for ids in group)

    sides = {"ours": (ours, OUR_BATCHES), "plain": (theirs, PLAIN_BATCHES)}
    arms: dict[tuple[str, int], list[float]] = {}
    for _ in range(rounds):
        for name, (work, sizes) in sides.items():
            for size in sizes:
                speed = _speed(work, _sized(decoding, size))
                arms.setdefault((name, size), []).append(speed)
    best = {
        name: max((arm for arm in arms if arm[0] == name), key=lambda a: median(arms[a]))
        for name in sides
    }
    ratios = [a / b for a, b in zip(arms[best["ours"]], arms[best["plain"]], strict=True)]
    return {
        "ratio": round(median(ratios), 2),
        "ratio_range": [round(min(ratios), 2), round(max(ratios), 2)],
        "completions_a_prompt": decoding.n,
        "tokens_a_second": {f"{a} {size}": round(median(v)) for (a, size), v in arms.items()},
        "best_batch": dict(best.values()),
        "rounds": rounds,
    }


def same_greedy_ids(policy: Policy, prompts: Sequence[str], tokens: int) -> None:
    """Raises SystemExit unless both decode every prompt to the same token ids."""
    decoding = Decoding(max_tokens=tokens)
    ids = [policy.prompt_ids(prompt) for prompt in prompts]
    ours = generate_ids(policy, ids, [[0]] * len(ids), decoding)
    theirs = [group[0] for group in plain(policy, prompts, decoding)]
    different = sum(a != b for a, b in zip(ours, theirs, strict=True))
    if different:
        sys.exit(f"{different} of {len(ours)} greedy completions differ")


def median(values: Sequence[float]) -> float:
    return float(statistics.median(values))


def _sized(decoding: Decoding, size: int) -> Decoding:
    return Decoding(
        n=decoding.n,
        temperature=decoding.temperature,
        top_k=decoding.top_k,
        max_tokens=decoding.max_tokens,
        batch_size=size,
    )


def _speed(work: Callable[[Decoding], int], decoding: Decoding) -> float:
    """Tokens a second."""
    clock = time.perf_counter if torch.cuda.is_available() else time.process_time
    started = clock()
    count = work(decoding)
    return count / (clock() - started)


def _until_eos(row: list[int], eos: Sequence[int]) -> list[int]:
    ends = [place for place, token in enumerate(row) if token in eos]
    return row[: ends[0] + 1] if ends else row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--model", default=str(POLICY), help="policy folder")
    parser.add_argument("--prompts", type=int, default=64)
    parser.add_argument("--n", type=int, default=8, help="completions a prompt")
    parser.add_argument("--tokens", type=int, default=192, help="budget of a completion")
    parser.add_argument("--rounds", type=int, default=3)
    o = parser.parse_args()
    figures = measure(o.model, o.prompts, o.n, o.tokens, o.rounds)
    if o.json:
        print(json.dumps(figures))
        return
    for name, part in (("sampling", figures), ("greedy", figures["greedy"])):
        low, high = part["ratio_range"]
        print(f"{name}: {part['ratio']} x plain generate ({low} to {high})")
        print(f"  tokens a second: {part['tokens_a_second']}")
    print(f"target {TARGET} x; greedy token ids are equal")


if __name__ == "__main__":
    main()
