"""The sections of bench.gpu: ordinary runs, each measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench import srpo
from bench.support.gpu_figures import measured
from lab.compare.arms import Arm
from lab.compare.benchmark import BENCHMARKS, Benchmark, Row, judged_rollout, pair_id
from lab.compare.cells import Lab, over, prepared
from lab.sample.generate import generate
from lab.sample.trace import cot, true_reading
from training.job.folder import MODEL


@dataclass(frozen=True, slots=True)
class Size:
    """What fits the machine. ``imitated`` training pairs are for SFT, the others for RL."""

    benchmark: str
    imitated: int
    shared: Mapping[str, Any]  # settings of every run
    sft: Mapping[str, Any]
    trial_updates: int
    most_updates: int
    paper: Mapping[str, Any]  # [rl] of SHE's batch
    ratio: Mapping[str, int]  # of bench.srpo


GPU = Size(
    benchmark="sample",
    imitated=160,
    shared={
        "threads": 4,
        "sampling": {"rollouts": 8, "batch_size": 512},
        "rl": {
            "prompts": 16, "group": 16, "micro_batch": 64, "learning_rate": 2e-5,
            "save_every": 1000,
        },
        "eval": {"batch_size": 512},
        "trainer": {"bf16": True},
    },
    sft={"epochs": 4.0, "batch_size": 16, "learning_rate": 1e-4, "save_every": 1000},
    trial_updates=3,
    most_updates=60,
    paper={"prompts": 64, "group": 16, "micro_batch": 64, "updates": 2},
    ratio={"rounds": 3, "prompts": 8, "group": 8, "tokens": 64},
)  # fmt: skip
TINY = Size(
    benchmark="tiny",
    imitated=4,
    shared={
        "sampling": {"rollouts": 2, "rejection": False},
        "rl": {
            "prompts": 1, "group": 2, "micro_batch": 2, "max_tokens": 12, "save_every": 1000,
        },
        "eval": {"max_tokens": 12, "bootstrap": 10, "limit": 8},
        "trainer": {"bf16": True},
    },
    sft={"epochs": 1.0, "batch_size": 4, "save_every": 1000},
    trial_updates=2,
    most_updates=2,
    paper={"prompts": 2, "updates": 1},
    ratio={"rounds": 2, "prompts": 2, "group": 2, "tokens": 4},
)  # fmt: skip


class Bench:
    """The sample's pairs and the runs from one start model. ``start`` is the model as it came
    until :meth:`imitate` has taught it the format."""

    def __init__(self, size: Size, model: Path, out: Path, *, rejection: bool) -> None:
        self.start = model
        self._size, self._out, self._rejection = size, out, rejection
        self._all = BENCHMARKS[size.benchmark]()

    def imitate(self) -> dict[str, Any]:
        """SFT on correct CoTs of some pairs: a public model does not know the format."""
        rows = self._all.train[: self._size.imitated]
        pairs = replace(self._all, train=rows, references=_references(self._all, rows))
        arm = Arm("sft", "sft", {"method": "sft", "fit": self._size.sft})
        lab = self._lab("sft", pairs, {"sampling": {"rollouts": 1}})
        figures = measured(prepared(lab, arm, 0))
        if "stopped" not in figures:
            self.start = lab.folder("sft", 0) / MODEL
        return figures

    def trial(
        self, name: str, rl: Mapping[str, Any] | None = None, **trainer: Any
    ) -> dict[str, Any]:
        """A few updates of SRPO on any prompts, for their time and memory alone."""
        settings = {
            "method": "srpo",
            "rl": {"updates": self._size.trial_updates, **(rl or {})},
            "trainer": trainer,
        }
        lab = self._rl({"eval": {"limit": 8}, "sampling": {"rejection": False}})
        return {**measured(prepared(lab, Arm(name, name, settings), 0)), **trainer}

    def paper_sized(self, sampler: str) -> dict[str, Any]:
        """A trial of SHE's batch."""
        return self.trial("paper_sized", self._size.paper, sampler=sampler)

    def learn(self, method: str, updates: int, sampler: str) -> dict[str, Any]:
        """A run that is evaluated on the test pairs before and after."""
        settings = {
            "method": method,
            "rl": {"updates": updates},
            "trainer": {"sampler": sampler},
        }
        lab = self._rl({"sampling": {"rejection": self._rejection}})
        return {**measured(prepared(lab, Arm(method, method, settings), 0)), "sampler": sampler}

    def ratio(self) -> dict[str, Any]:
        """SRPO's update beside TRL's own GRPO's, every completion of the same length."""
        return srpo.measure(str(self.start), **self._size.ratio, bf16=True, ledger=False)

    def updates(self, seconds: float, trial: Mapping[str, Any]) -> int:
        """How many updates like those of ``trial`` fit into ``seconds``."""
        return max(
            1, min(self._size.most_updates, int(seconds / trial.get("seconds_a_step", 10.0)))
        )

    def _rl(self, settings: Mapping[str, Any]) -> Lab:
        pairs = replace(self._all, train=self._all.train[self._size.imitated :])
        return self._lab("rl", pairs, settings)

    def _lab(self, name: str, pairs: Benchmark, settings: Mapping[str, Any]) -> Lab:
        return Lab(
            self._out / name,
            replace(pairs, policy=self.start),
            over(self._size.shared, settings),
        )


def _references(benchmark: Benchmark, rows: list[Row]) -> list[Row]:
    """A line of labels.jsonl for each pair: its correct CoT."""
    texts = {
        pair_id(p): cot(p.query, p.product, true_reading(p.query, p.product))
        for p in generate(seed=0).pairs
    }
    judged = (
        judged_rollout(row, benchmark.bodies[row["pair_id"]], texts[row["pair_id"]])
        for row in rows
    )
    return [row for row in judged if row is not None]
