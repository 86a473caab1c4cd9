"""One ordinary run and what it cost: seconds by part, tokens a second, memory, evaluations."""

from __future__ import annotations

import gc
import resource
import shutil
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch

from bench.support.sections import OutOfTime
from training.job.config import RunConfig, load_config
from training.job.files import read_finished_jsonl, read_json
from training.job.folder import CHECKPOINTS, METRICS, MOMENTS, REPORT, RUN_TOML, evaluation_file
from training.rl.method.srpo import SRPOTrainer
from training.rl.train import train

SCORES = ("macro_f1", "macro_f1_interval", "good_f1", "kappa_quadratic", "parse_rate", "n")
CLOCKED = ("training_step", "_prepare_inputs")  # the second is called by the first


def machine() -> dict[str, Any]:
    """What the figures are measured on."""
    if not torch.cuda.is_available():
        return {"device": "CPU", "torch": torch.__version__}
    card = torch.cuda.get_device_properties(0)
    return {
        "device": card.name,
        "memory_gib": round(card.total_memory / 2**30, 1),
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
    }


def alive() -> bool:
    """Whether the device still answers; a CPU does."""
    try:
        _wait()
    except RuntimeError:  # torch.AcceleratorError, from the first failed kernel on
        return False
    return True


def measured(folder: Path) -> dict[str, Any]:
    """Run the folder as ``python -m training.rl.train`` does; what was measured until then is
    kept where the time ends."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    began, stopped = time.monotonic(), False
    with clocks() as spent:
        try:
            train(folder)
        except OutOfTime:
            stopped = True
    shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)
    return {
        **evaluations(folder),
        **steps(
            read_finished_jsonl(folder / METRICS),
            spent,
            load_config(folder / RUN_TOML),
        ),
        "peak_memory_mib": peak_memory_mib(),
        "run_seconds": round(time.monotonic() - began, 1),
        **({"stopped": "the time was over"} if stopped else {}),
    }


@contextmanager
def clocks() -> Iterator[Mapping[str, Counter[int]]]:
    """Seconds of the trainer's own parts by update, with the device waited for."""
    spent: dict[str, Counter[int]] = {name: Counter() for name in CLOCKED}
    with ExitStack() as stack:
        for name in CLOCKED:
            timed = _timed(getattr(SRPOTrainer, name), spent[name])
            stack.enter_context(patch.object(SRPOTrainer, name, timed))
        yield spent


def _timed(method: Callable[..., Any], spent: Counter[int]) -> Callable[..., Any]:
    def timed(self: Any, *args: Any, **named: Any) -> Any:
        _wait()
        began = time.perf_counter()
        try:
            return method(self, *args, **named)
        finally:
            _wait()
            spent[self.state.global_step + 1] += time.perf_counter() - began  # type: ignore[assignment]

    return timed


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def steps(
    rows: Sequence[Mapping[str, Any]],
    spent: Mapping[str, Mapping[int, float]],
    config: RunConfig,
) -> dict[str, Any]:
    """Medians over the updates; the first one, which warms up, is left out where there are
    others. ``rest`` is the reference's log probabilities, the advantages and the optimiser."""
    if not rows:
        return {}
    body: dict[str, Any] = {"updates": len(rows), "curve": [_point(row) for row in rows]}
    kept = rows[1:] or rows
    body["seconds_a_step"] = _median(kept, "seconds")
    if "seconds_generation" not in rows[0]:  # supervised
        return body
    whole, inner = (spent[name] for name in CLOCKED)
    learned = statistics.median(whole[row["step"]] - inner[row["step"]] for row in kept)
    sampling, reward = _median(kept, "seconds_generation"), _median(kept, "seconds_reward")
    tokens = _median(kept, "length") * config.rl.prompts * config.rl.group
    body["seconds_by_part"] = {
        "sampling": sampling,
        "reward": reward,
        "forward_backward": round(learned, 4),
        "rest": round(body["seconds_a_step"] - sampling - reward - learned, 4),
    }
    return {
        **body,
        "rollouts_a_step": config.rl.prompts * config.rl.group,
        "tokens_a_step": round(tokens),
        "tokens_a_second": round(tokens / body["seconds_a_step"]),
        "sampled_tokens_a_second": round(tokens / sampling) if sampling else None,
    }


def evaluations(folder: Path) -> dict[str, Any]:
    """The scores before and after that the run got to."""
    body: dict[str, Any] = {}
    for moment in MOMENTS:
        if scores := read_json(folder / evaluation_file(moment)):
            body[moment] = {key: scores[key] for key in SCORES}
    if report := read_json(folder / REPORT):
        body |= {key: report.get(key) for key in ("eval_delta", "samples", "phases")}
    return body


def peak_memory_mib() -> int:
    """The device's since it was last reset; on a CPU the process's."""
    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated() / 2**20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _median(rows: Sequence[Mapping[str, Any]], key: str) -> float:
    return float(statistics.median(row[key] for row in rows))


def _point(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in ("reward", "loss", "kl", "seconds") if key in row}
