"""One arm with one seed: a run folder is written, run by the ordinary command, and kept."""

from __future__ import annotations

import shutil
import sys
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w
import torch
from transformers import set_seed

from lab.compare.arms import Arm, Settings
from lab.compare.benchmark import Benchmark, Row, judged_rollout, share_of
from lab.compare.misreading import misread_rows, misread_verdicts
from training.job.child import POLL_SECONDS, JobProcess
from training.job.config import parse_config
from training.job.data import sample_of
from training.job.files import read_finished_jsonl, write_jsonl, write_text
from training.job.folder import (
    CHECKPOINTS,
    DEV,
    EVAL,
    EXPLORED,
    LABELS,
    MODEL,
    REPORT,
    RUN_TOML,
    TRAIN,
    TRAIN_LOG,
    TRUTH,
    Exit,
    evaluation_file,
    predictions_file,
)
from training.job.methods import METHODS
from training.job.types import BadInput
from training.rl.policy.model import load_policy
from training.rl.policy.run_folder import Run
from training.rl.select.explore import explored_texts
from verifier.truth import dump


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
    if not (folder / REPORT).exists():
        return False
    ran = tomllib.loads((folder / RUN_TOML).read_text(encoding="utf-8"))
    if _compared(ran) != _compared(_body(lab, arm, seed)):
        raise BadInput(f"{folder} was run with other settings: move it, or change --out")
    return True


def _compared(body: Settings) -> dict[str, Any]:
    """The settings without the places of models, which may have moved since."""
    return {k: Path(v).name if k in ("policy", "rm") else v for k, v in body.items()}


def cell_ends_well(lab: Lab, arm: Arm, seed: int, where: str = "") -> bool:
    """Run it, unless it has ended, and say how it went; ``where`` tells cells of one name
    apart."""
    if done(lab, arm, seed):
        return True
    name, began = f"{arm.name}{where} seed {seed}", time.monotonic()
    try:
        run_cell(lab, arm, seed)
    except (CellFailed, BadInput, OSError) as error:
        print(f"FAILED {name}: {error}", file=sys.stderr, flush=True)
        return False
    print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
    return True


def run_cell(lab: Lab, arm: Arm, seed: int) -> None:
    """Raises CellFailed; a cell that was stopped half way goes on from its checkpoint."""
    folder = prepared(lab, arm, seed)
    # The child works in the project's folder, whatever this process's is.
    command = [sys.executable, "-m", "training.rl.train", str(folder.resolve())]
    with JobProcess(command, log=folder / TRAIN_LOG) as process:
        while (code := process.poll()) is None:
            process.wait(POLL_SECONDS)
        tail = process.last_line()
    if code != Exit.DONE or not done(lab, arm, seed):
        raise CellFailed(f"{arm.name} seed {seed} ended with {code}: {tail}")
    shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)


def prepared(lab: Lab, arm: Arm, seed: int) -> Path:
    """The cell's run folder with all that the ordinary command reads."""
    folder = lab.folder(arm.name, seed)
    _write(lab, arm, seed, folder, _config(lab, arm, seed))
    return folder


def _body(lab: Lab, arm: Arm, seed: int) -> dict[str, Any]:
    policy = lab.folder(arm.start, seed) / MODEL if arm.start else lab.benchmark.policy
    body = over(lab.settings, arm.settings) | {"seed": seed, "policy": str(policy)}
    if arm.rm:
        body["rm"] = str(lab.folder(arm.rm, seed) / MODEL)
    return body


def _config(lab: Lab, arm: Arm, seed: int) -> str:
    text = tomli_w.dumps(_body(lab, arm, seed))
    parse_config(text)
    return text


def over(base: Settings, own: Settings) -> dict[str, Any]:
    """``own`` over ``base``, tables key by key."""
    merged = dict(base)
    for key, value in own.items():
        table = isinstance(value, dict) and isinstance(base.get(key), dict)
        merged[key] = over(base[key], value) if table else value
    return merged


def _write(lab: Lab, arm: Arm, seed: int, folder: Path, config: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    benchmark = lab.benchmark
    write_text(folder / RUN_TOML, config)
    write_text(folder / TRUTH, dump(benchmark.truths()))
    if arm.judges:
        write_jsonl(folder / LABELS, _labels(lab, seed, arm))
        return
    for name, rows in (
        (TRAIN, benchmark.train),
        (EVAL, benchmark.held_out),
        (DEV, misread_rows(benchmark.dev, arm.noise, seed)),
    ):
        write_jsonl(folder / name, rows)
    if benchmark.references and arm.method == "sft":
        write_jsonl(folder / LABELS, benchmark.references)
    if not arm.start:
        _reuse(lab, arm, seed, folder)


def _reuse(lab: Lab, arm: Arm, seed: int, folder: Path) -> None:
    """What the start policy does before training is the same for every arm of a seed."""
    if METHODS[arm.method].writes_cots and not (folder / EXPLORED).exists():
        shutil.copy(explored(lab, seed) / EXPLORED, folder / EXPLORED)
    for other in sorted((lab.out / "cells").glob(f"*/{seed}/{evaluation_file('before')}")):
        if other.parent != folder and _start_of(other.parent) == _start_of(folder):
            for name in (evaluation_file("before"), predictions_file("before")):
                shutil.copy(other.with_name(name), folder / name)
            return


def _start_of(folder: Path) -> tuple[Any, ...]:
    """What decides the evaluation before training."""
    body = tomllib.loads((folder / RUN_TOML).read_text(encoding="utf-8"))
    return body["policy"], body.get("fit", {}).get("target"), body.get("eval")


def explored(lab: Lab, seed: int) -> Path:
    """The folder with this seed's rollouts of the start policy on the training pairs: they
    feed the choice of prompts and are what the reward model's labels are about."""
    folder = lab.shared(seed)
    folder.mkdir(parents=True, exist_ok=True)
    body = over(lab.settings, {"method": "srpo"})
    text = tomli_w.dumps(body | {"seed": seed, "policy": str(lab.benchmark.policy)})
    config = parse_config(text)
    samples = [sample_of(row) for row in lab.benchmark.train]
    if len(read_finished_jsonl(folder / EXPLORED)) < len(samples):
        torch.set_num_threads(config.threads)
        set_seed(seed)
        policy = load_policy(config.policy)
        truths = lab.benchmark.truths()
        explored_texts(Run(folder, config, truths, samples, [], policy))
    return folder


def _labels(lab: Lab, seed: int, arm: Arm) -> list[Row]:
    """The first rollouts of every training pair as people would judge them, or a share; who
    takes another value for true judges by it."""
    texts = {
        row["pair_id"]: row["texts"]
        for row in read_finished_jsonl(explored(lab, seed) / EXPLORED)
    }
    chosen = share_of(lab.benchmark.train, arm.labels, seed)
    rows = misread_rows(chosen, arm.noise, seed)
    bodies = lab.benchmark.bodies
    labels = [
        judged_rollout(row, bodies.get(row["pair_id"], {}), text, place)
        for row in rows
        for place, text in enumerate(texts[row["pair_id"]][: arm.judged])
    ]
    return [
        misread_verdicts(row, arm.noise, seed) if arm.noise else row
        for row in labels
        if row is not None
    ]
