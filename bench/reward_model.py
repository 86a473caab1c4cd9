"""``python -m bench.reward_model --out DIR --seeds 3``: reward models on simulated verdicts.

One rollout of the shipped policy a pair is judged by a simulated person who errs at five steps
in a hundred. Arms: SFT on 10, 30 and 100 % of the queries, GRPO on the hard subset after the
last, and a scalar head on all of them. Every arm is an ordinary run over a run folder and is
measured on rollouts of the test split, which no arm has seen, against the same person. A cell
that is done is not run again.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from training.rl.policy.model import load_policy  # before torch: sets the thread environment

# isort: split
import tomli_w

from annotation.cot.steps import VALUES, StepKind
from lab.compare.benchmark import (
    Benchmark,
    Row,
    label_line,
    sample_benchmark,
    share_of,
    whole_steps,
)
from lab.simulate.judge import HeldTruth, NoisyJudge
from training.job.data import read_labels, sample_of
from training.job.files import write_json, write_jsonl, write_text
from training.rl.measure.rm_metrics import MeasuredStep, rm_change, rm_report
from training.rl.policy.generate import Decoding, generate
from training.rl.reward_model.model import examples_of, load_reward_model
from training.rl.train import main as train
from verifier.truth import TruthTable, dump

NOISE = 0.05
TEST_PAIRS = 240
DRAWS = 1000


@dataclass(frozen=True, slots=True)
class Arm:
    """``start`` names the arm whose model it goes on from; ``share`` is of the queries."""

    name: str
    settings: Mapping[str, Any]
    share: float = 1.0
    start: str = ""


ARMS = (
    Arm("sft", {"method": "rm"}),
    Arm("grpo", {"method": "rm_grpo", "sampling": {"rollouts": 4}}, start="sft"),
    Arm("scalar", {"method": "rm_scalar"}),
    Arm("sft_30", {"method": "rm"}, share=0.3),
    Arm("sft_10", {"method": "rm"}, share=0.1),
)


@dataclass(slots=True)
class Bench:
    """Where the cells lie and what they are made from."""

    out: Path
    pairs: Benchmark = field(default_factory=sample_benchmark)

    def cell(self, seed: int, arm: str) -> Path:
        return self.out / str(seed) / arm


def judged_rows(bench: Bench, rows: Sequence[Row], seed: int) -> list[Row]:
    """labels.jsonl for one sampled rollout a pair; what cannot be parsed is not judged."""
    policy = load_policy(bench.pairs.policy)
    prompts = [policy.prompt(sample_of(row).text) for row in rows]
    decoding = Decoding(n=1, temperature=0.99, top_k=100, seed=seed)
    texts = [group[0].text for group in generate(policy, prompts, decoding)]
    person = NoisyJudge(NOISE, seed)
    judged = [
        judged_row(row, bench.pairs.bodies.get(row["pair_id"], {}), text, person)
        for row, text in zip(rows, texts, strict=True)
    ]
    return [row for row in judged if row is not None]


def judged_row(
    row: Row, bodies: Mapping[StepKind, str], text: str, person: NoisyJudge
) -> Row | None:
    """A person's verdicts on all five steps; None for a text that lacks one."""
    steps = whole_steps(text)
    if steps is None:
        return None
    truth = HeldTruth(
        {StepKind(int(k)): str(entry["value"]) for k, entry in row["truth"].items()},
        dict(bodies),
    )
    answers = {
        kind: person.answer(kind, steps[kind].body, steps[kind].value or "", truth)
        for kind in StepKind
    }
    verdicts = {kind: reply.verdict for kind, reply in answers.items()}
    values = {str(int(kind)): answers[kind].value for kind in VALUES}
    return label_line(row, text, steps, verdicts, values)


def run_cell(bench: Bench, seed: int, arm: Arm, rows: Sequence[Row]) -> None:
    """Train one arm; raises RuntimeError when the run fails."""
    folder = bench.cell(seed, arm.name)
    if (folder / "report.json").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    start = bench.cell(seed, arm.start) / "model" if arm.start else bench.pairs.policy
    body = {"seed": seed, "policy": str(start), **arm.settings}
    write_text(folder / "run.toml", tomli_w.dumps(body))
    write_text(folder / "truth.json", dump(TruthTable()))
    write_jsonl(folder / "labels.jsonl", share_of(rows, arm.share, seed))
    if train([str(folder)]):
        raise RuntimeError(f"{folder} did not finish")


def test_steps(bench: Bench, seed: int, arm: str, labels: Path) -> list[MeasuredStep]:
    """The arm's P(correct) on the test rollouts, as calibrated in its own run."""
    judge = load_reward_model(bench.cell(seed, arm) / "model")
    examples = examples_of(read_labels(labels), version=judge.prompt_version)
    chances = judge.score([example.prompt for example in examples])
    return [
        MeasuredStep(e.query, e.rollout, e.kind, e.correct, p)
        for e, p in zip(examples, chances, strict=True)
    ]


def run_seed(bench: Bench, seed: int, arms: Sequence[Arm]) -> None:
    """All arms of one seed, and their measures in result.json beside each."""
    root = bench.out / str(seed)
    root.mkdir(parents=True, exist_ok=True)
    for name, rows in (("train", bench.pairs.train), ("test", _test_rows(bench))):
        if not (root / f"{name}.jsonl").exists():
            write_jsonl(root / f"{name}.jsonl", judged_rows(bench, rows, seed))
    train_rows = [json.loads(line) for line in (root / "train.jsonl").open(encoding="utf-8")]
    for arm in arms:
        run_cell(bench, seed, arm, train_rows)
        result = bench.cell(seed, arm.name) / "result.json"
        if result.exists():
            continue
        steps = test_steps(bench, seed, arm.name, root / "test.jsonl")
        body: dict[str, Any] = {"test": rm_report(steps, DRAWS)}
        if arm.start:
            before = test_steps(bench, seed, arm.start, root / "test.jsonl")
            body["change"] = rm_change(before, steps, DRAWS)
        write_json(result, body)


def _test_rows(bench: Bench) -> list[Row]:
    ids = bench.pairs.tests["balanced"]
    rows = {row["pair_id"]: row for row in bench.pairs.held_out}
    step = max(1, len(ids) // TEST_PAIRS)
    return [rows[i] for i in ids[::step][:TEST_PAIRS]]


MEASURES = ("accuracy", "majority", "balanced_accuracy", "auc", "ece", "kappa")


def table(bench: Bench, seeds: Sequence[int]) -> dict[str, Any]:
    """By arm and measure: the values of the seeds, their mean and their range."""
    summaries: dict[str, Any] = {}
    for arm in ARMS:
        files = [bench.cell(seed, arm.name) / "result.json" for seed in seeds]
        bodies = [json.loads(file.read_text())["test"] for file in files if file.exists()]
        if not bodies:
            continue
        columns = {name: [body[name] for body in bodies] for name in MEASURES}
        columns["processbench_f1"] = [body["processbench"]["f1"] for body in bodies]
        summaries[arm.name] = {
            name: {
                "mean": round(statistics.mean(values), 4),
                "low": round(min(values), 4),
                "high": round(max(values), 4),
            }
            for name, values in columns.items()
        }
    return summaries


def markdown(summaries: Mapping[str, Any]) -> str:
    """The table as a page shows it: mean (lowest to highest seed)."""
    names = [name for name in next(iter(summaries.values()), {}) if name != "majority"]
    lines = ["| arm | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for arm, columns in summaries.items():
        cells = [
            f"{c['mean']:.3f} ({c['low']:.3f} to {c['high']:.3f})"
            for c in (columns[name] for name in names)
        ]
        lines.append(f"| {arm} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.reward_model")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--arms", nargs="*", default=[arm.name for arm in ARMS])
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(argv)
    bench = Bench(args.out)
    arms = [arm for arm in ARMS if arm.name in args.arms]
    for seed in range(args.seeds):
        run_seed(bench, seed, arms)
    summaries = table(bench, range(args.seeds))
    print(json.dumps(summaries) if args.json else markdown(summaries))
    return 0


if __name__ == "__main__":
    sys.exit(main())
