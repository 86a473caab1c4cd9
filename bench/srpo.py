"""``python -m bench.srpo --json``: what step-level credit costs over TRL's own GRPO.

Both trainers get the same model, prompts, reward function, generation settings, batch shapes
and optimiser. Their updates alternate in one process, so a busy machine slows both alike, and
every completion runs to the token budget, so both do the same work. The ratio is the median
over the rounds; its spread is the quartiles. On CPU the ratio is of processor seconds, which
other processes on the machine do not change; wall clock seconds are reported beside it.
``--ledger`` times a third trainer in the same rounds: SRPO that writes its full ledger.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from training.rl.policy.model import load_policy  # before torch: sets the thread environment

# isort: split
import torch
from datasets import Dataset
from transformers import TrainerCallback
from trl import GRPOConfig, GRPOTrainer

from annotation.cot.steps import StepKind
from training.job.config import TrainerConfig
from training.job.folder import LEDGER
from training.job.prompts import PairText
from training.job.types import Sample, ScoredRollout
from training.reward.rewards import HybridRewards
from training.rl.base.callbacks import quiet
from training.rl.method.ledger_writer import Credited, LedgerWriter
from training.rl.method.srpo import SRPOConfig, SRPOTrainer
from training.rl.policy.scale import trainer_arguments
from verifier.truth import Truth, TruthTable

TARGET = 1.05
POLICY = Path(__file__).resolve().parent.parent / "training" / "seed_policy"
REWARDS = HybridRewards(TruthTable())
TRUTH = {
    StepKind.CATEGORY: Truth("match", "gold"),
    StepKind.ATTRIBUTE: Truth("all", "gold"),
    StepKind.FINAL: Truth("4", "gold"),
}


class Stopwatch(TrainerCallback):
    """Wall clock and processor seconds of each update, generation included; of the wall clock
    also what the trainer itself logs of its parts."""

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.cpu: list[float] = []
        self.parts: dict[str, list[float]] = {"generation": [], "reward": []}
        self._started = (0.0, 0.0)

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._started = (time.perf_counter(), time.process_time())

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self.wall.append(time.perf_counter() - self._started[0])
        self.cpu.append(time.process_time() - self._started[1])

    def on_log(
        self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any
    ) -> None:
        for name, seconds in self.parts.items():
            if f"seconds_{name}" in (logs or {}):
                seconds.append(float(logs[f"seconds_{name}"]))


@dataclass(frozen=True, slots=True)
class TimedLedger(LedgerWriter):
    """Keeps the processor seconds of each update's lines."""

    spent: list[float] = field(default_factory=list)

    def write(self, update: int, group: int, credited: Credited) -> None:
        started = time.process_time()
        LedgerWriter.write(self, update, group, credited)
        self.spent.append(time.process_time() - started)


class Fixed:
    """The same prompts at every update."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self._samples = samples

    def batch(self, update: int) -> Sequence[Sample]:
        return self._samples

    def observe(self, rollouts: Sequence[ScoredRollout]) -> None:
        return


def make_samples(count: int) -> list[Sample]:
    words = ("red", "blue", "green", "large", "small", "wooden", "cotton", "quiet")
    return [
        Sample(
            str(n),
            PairText(f"{words[n % 8]} chair", f"{words[-n % 8]} chair"),
            truth=TRUTH,
            context=f"{n:064x}",
        )
        for n in range(count)
    ]


def settings(
    folder: str, prompts: int, group: int, tokens: int, bf16: bool = False
) -> dict[str, Any]:
    """What both configurations share: one update of ``prompts`` x ``group`` completions."""
    return {
        "output_dir": folder,
        "max_steps": 1,
        "per_device_train_batch_size": prompts * group,
        "num_generations": group,
        "max_completion_length": tokens,
        "generation_kwargs": {"min_new_tokens": tokens},
        "learning_rate": 1e-6,
        "beta": 0.02,
        "top_k": 100,
        "logging_steps": 1,
        "save_strategy": "no",
        "disable_tqdm": True,
        "shuffle_dataset": False,
        "remove_unused_columns": False,
        **trainer_arguments(TrainerConfig(bf16=bf16)),
        "seed": 0,
    }


def make_trainers(
    model: str, samples: list[Sample], shared: dict[str, Any], watches: dict[str, Stopwatch]
) -> dict[str, Any]:
    """One for each name in ``watches``: srpo, grpo, and ledger, which is srpo with its ledger
    full."""
    theirs = load_policy(model)
    prompts = [theirs.prompt(sample.text) for sample in samples]
    of_prompt = dict(zip(prompts, samples, strict=True))

    def outcome(prompts: list[str], completions: list[str], **_: Any) -> list[float | None]:
        scored = REWARDS.score([of_prompt[prompt] for prompt in prompts], completions)
        return [rollout.outcome for rollout in scored]

    grpo = GRPOTrainer(
        theirs.model,
        args=GRPOConfig(**shared),
        reward_funcs=outcome,
        train_dataset=Dataset.from_dict({"prompt": prompts}),
        processing_class=theirs.tokenizer,
        callbacks=[watches["grpo"]],
    )
    ours = {
        name: make_ours(model, samples, shared, watch, ledger=name == "ledger")
        for name, watch in watches.items()
        if name != "grpo"
    }
    return {"grpo": quiet(grpo), **ours}


def make_ours(
    model: str, samples: list[Sample], shared: dict[str, Any], watch: Stopwatch, ledger: bool
) -> Any:
    policy = load_policy(model)
    contexts = {sample.pair_id: sample.context for sample in samples}
    path = Path(shared["output_dir"]) / LEDGER
    trainer = SRPOTrainer(
        policy.model,
        args=SRPOConfig(**shared, layout=policy.layout),
        schedule=Fixed(samples),
        scorer=REWARDS.score,
        prompt_of=lambda sample: policy.prompt(sample.text),
        processing_class=policy.tokenizer,
        callbacks=[watch],
        ledger=TimedLedger(path, 1.0, 0, contexts) if ledger else None,
    )
    return quiet(trainer)


def measure(
    model: str,
    rounds: int,
    prompts: int,
    group: int,
    tokens: int,
    bf16: bool = False,
    ledger: bool = False,
) -> dict[str, Any]:
    """Alternate updates for ``rounds`` rounds after one warm-up round."""
    torch.set_num_threads(1)
    order = ("grpo", "srpo", "ledger") if ledger else ("grpo", "srpo")
    watches = {name: Stopwatch() for name in order}
    with tempfile.TemporaryDirectory() as folder:
        shared = settings(folder, prompts, group, tokens, bf16)
        trainers = make_trainers(model, make_samples(prompts), shared, watches)
        for round_ in range(rounds + 1):
            for name in order[:: -1 if round_ % 2 else 1]:
                trainers[name].train()
    on_gpu = torch.cuda.is_available()
    clock = "wall" if on_gpu else "cpu"
    figures = {**compare(watches, clock)}
    if ledger:
        spent = trainers["ledger"].ledger.spent[1:]
        figures["ledger"] = {
            **compare(watches, clock, ("ledger", "srpo")),
            "write_share": round(sum(spent) / sum(watches["ledger"].cpu[1:]), 4),
        }
    return {
        **figures,
        "measured": "wall clock seconds" if on_gpu else "processor seconds",
        "wall": compare(watches, "wall"),
        "srpo_shares": shares(watches["srpo"]),
        "target": TARGET,
        "rounds": rounds,
        "completions": prompts * group,
        "tokens": tokens,
        "model": Path(model).name,
    }


def compare(
    watches: dict[str, Stopwatch], clock: str, names: tuple[str, str] = ("srpo", "grpo")
) -> dict[str, Any]:
    """Medians a step, and the ratio within each round; the warm-up round is left out."""
    one, other = (getattr(watches[name], clock)[1:] for name in names)
    low, middle, high = statistics.quantiles([a / b for a, b in zip(one, other, strict=True)])
    return {
        "ratio": round(middle, 4),
        "ratio_quartiles": [round(low, 4), round(high, 4)],
        f"{names[0]}_seconds": round(statistics.median(one), 4),
        f"{names[1]}_seconds": round(statistics.median(other), 4),
    }


def shares(watch: Stopwatch) -> dict[str, float]:
    """Shares of SRPO's wall clock seconds, the warm-up round left out: sampling, rewards, and
    learning, which is the rest."""
    whole = sum(watch.wall[1:])
    parts = {name: sum(seconds[1:]) / whole for name, seconds in watch.parts.items()}
    parts["learning"] = 1 - sum(parts.values())
    return {name: round(share, 4) for name, share in parts.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--model", default=str(POLICY), help="policy folder")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--prompts", type=int, default=4)
    parser.add_argument("--group", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--ledger", action="store_true", help="time a full ledger, too")
    options = parser.parse_args()
    figures = measure(
        options.model,
        options.rounds,
        options.prompts,
        options.group,
        options.tokens,
        ledger=options.ledger,
    )
    if options.json:
        print(json.dumps(figures))
        return
    low, high = figures["ratio_quartiles"]
    print(
        f"SRPO {figures['srpo_seconds']:.3f} s, TRL GRPO {figures['grpo_seconds']:.3f} s a step"
    )
    print(f"shares of an SRPO step {figures['srpo_shares']}")
    print(
        f"ratio {figures['ratio']:.3f} (quartiles {low:.3f} to {high:.3f}), target <= {TARGET}"
    )
    if "ledger" in figures:
        low, high = figures["ledger"]["ratio_quartiles"]
        print(
            f"a full ledger: {figures['ledger']['ratio']:.3f} of none "
            f"(quartiles {low:.3f} to {high:.3f}), of which writing takes "
            f"{figures['ledger']['write_share']:.4f}"
        )


if __name__ == "__main__":
    main()
