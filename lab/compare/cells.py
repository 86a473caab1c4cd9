"""One arm with one seed: a run folder is written, run by the ordinary command, and kept."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w
import torch
from transformers import set_seed

from lab.compare.arms import Arm, Settings
from lab.compare.benchmark import Benchmark, Row, judged_rollout, share_of
from training.job.config import parse_config
from training.job.data import read_finished_jsonl, sample_of, write_jsonl, write_text
from training.job.methods import METHODS
from training.job.types import BadInput
from training.rl.policy.model import load_policy
from training.rl.policy.run_folder import Run
from training.rl.select.explore import explored_texts
from verifier.truth import dump

_QUIET = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", "TOKENIZERS_PARALLELISM": "0"}


class CellFailed(Exception):
    """A run ended with an error; the message names its log."""


@dataclass(frozen=True, slots=True)
class Lab:
    """Where the cells lie, what they are run on, and the settings that all of them share."""

    out: Path
    benchmark: Benchmark
    settings: Settings

    def folder(self, arm: str, seed: int) -> Path:
        return self.out / "cells" / arm / str(seed)

    def shared(self, seed: int) -> Path:
        return self.out / "shared" / str(seed)


def done(lab: Lab, arm: Arm, seed: int) -> bool:
    """Whether it has run to its end.

    Raises:
        BadInput: with other settings; an arm of the same name in another suite, say.
    """
    folder = lab.folder(arm.name, seed)
    if not (folder / "report.json").exists():
        return False
    ran = tomllib.loads((folder / "run.toml").read_text(encoding="utf-8"))
    if _compared(ran) != _compared(_body(lab, arm, seed)):
        raise BadInput(f"{folder} was run with other settings: move it, or change --out")
    return True


def _compared(body: Settings) -> dict[str, Any]:
    """The settings without the places of models, which may have moved since."""
    return {k: Path(v).name if k in ("policy", "rm") else v for k, v in body.items()}


def run_cell(lab: Lab, arm: Arm, seed: int) -> None:
    """Raises CellFailed; a cell that was stopped half way goes on from its checkpoint."""
    folder = lab.folder(arm.name, seed)
    config = _config(lab, arm, seed)
    _write(lab, arm, seed, folder, config)
    with (folder / "train.log").open("ab") as log:
        command = [sys.executable, "-m", "training.rl.train", str(folder)]
        ended = subprocess.run(
            command, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **_QUIET}
        )
    if ended.returncode or not done(lab, arm, seed):
        tail = (folder / "train.log").read_text(errors="replace").strip().splitlines()[-1:]
        raise CellFailed(f"{arm.name} seed {seed} ended with {ended.returncode}: {tail}")
    shutil.rmtree(folder / "checkpoints", ignore_errors=True)


def _body(lab: Lab, arm: Arm, seed: int) -> dict[str, Any]:
    policy = lab.folder(arm.start, seed) / "model" if arm.start else lab.benchmark.policy
    body = _over(lab.settings, arm.settings) | {"seed": seed, "policy": str(policy)}
    if arm.rm:
        body["rm"] = str(lab.folder(arm.rm, seed) / "model")
    return body


def _config(lab: Lab, arm: Arm, seed: int) -> str:
    text = tomli_w.dumps(_body(lab, arm, seed))
    parse_config(text)
    return text


def _over(base: Settings, own: Settings) -> dict[str, Any]:
    """``own`` over ``base``, tables key by key."""
    merged = dict(base)
    for key, value in own.items():
        table = isinstance(value, dict) and isinstance(base.get(key), dict)
        merged[key] = _over(base[key], value) if table else value
    return merged


def _write(lab: Lab, arm: Arm, seed: int, folder: Path, config: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    benchmark = lab.benchmark
    write_text(folder / "run.toml", config)
    write_text(folder / "truth.json", dump(benchmark.truths()))
    if arm.judges:
        write_jsonl(folder / "labels.jsonl", _labels(lab, seed, arm.labels))
        return
    for name, rows in (
        ("train", benchmark.train),
        ("eval", benchmark.held_out),
        ("dev", benchmark.dev),
    ):
        write_jsonl(folder / f"{name}.jsonl", rows)
    if benchmark.references and arm.method == "sft":
        write_jsonl(folder / "labels.jsonl", benchmark.references)
    if not arm.start:
        _reuse(lab, arm, seed, folder)


def _reuse(lab: Lab, arm: Arm, seed: int, folder: Path) -> None:
    """What the start policy does before training is the same for every arm of a seed."""
    if METHODS[arm.method].writes_cots and not (folder / "explored.jsonl").exists():
        shutil.copy(explored(lab, seed) / "explored.jsonl", folder / "explored.jsonl")
    for other in sorted((lab.out / "cells").glob(f"*/{seed}/eval_before.json")):
        if other.parent != folder and _start_of(other.parent) == _start_of(folder):
            for name in ("eval_before.json", "predictions_before.jsonl"):
                shutil.copy(other.with_name(name), folder / name)
            return


def _start_of(folder: Path) -> tuple[Any, ...]:
    """What decides the evaluation before training."""
    body = tomllib.loads((folder / "run.toml").read_text(encoding="utf-8"))
    return body["policy"], body.get("fit", {}).get("target"), body.get("eval")


def explored(lab: Lab, seed: int) -> Path:
    """The folder with this seed's rollouts of the start policy on the training pairs: they
    feed the choice of prompts and are what the reward model's labels are about."""
    folder = lab.shared(seed)
    folder.mkdir(parents=True, exist_ok=True)
    body = _over(lab.settings, {"method": "srpo"})
    text = tomli_w.dumps(body | {"seed": seed, "policy": str(lab.benchmark.policy)})
    config = parse_config(text)
    samples = [sample_of(row) for row in lab.benchmark.train]
    if len(read_finished_jsonl(folder / "explored.jsonl")) < len(samples):
        torch.set_num_threads(config.threads)
        set_seed(seed)
        policy = load_policy(config.policy)
        truths = lab.benchmark.truths()
        explored_texts(Run(folder, config, truths, samples, [], policy))
    return folder


def _labels(lab: Lab, seed: int, share: float) -> list[Row]:
    """The first rollout of every training pair as people would judge it, or a share."""
    texts = {
        row["pair_id"]: row["texts"]
        for row in read_finished_jsonl(explored(lab, seed) / "explored.jsonl")
    }
    rows = share_of(lab.benchmark.train, share, seed)
    bodies = lab.benchmark.bodies
    labels = [
        judged_rollout(row, bodies.get(row["pair_id"], {}), texts[row["pair_id"]][0])
        for row in rows
    ]
    return [row for row in labels if row is not None]
