"""``python -m training.rl.reward_model.score JOB_DIR``: P(correct) of steps, resumable."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch

from training.job.files import append_jsonl, read_jsonl, resume_jsonl
from training.job.folder import SCORES, STEPS
from training.job.job_toml import read_job, run_job
from training.job.types import BadInput
from training.rl.reward_model.judge import Score
from training.rl.reward_model.rm_http import load_judge

DEFAULTS: dict[str, Any] = {"model": "", "server": "local", "batch_size": 128, "threads": 1}


def score(folder: Path) -> None:
    """Score the steps that have no score yet (docs/formats.md).

    Raises:
        BadInput: see ``read_job`` and ``load_reward_model``; or a step without a prompt.
    """
    job = read_job(folder, DEFAULTS)
    torch.set_num_threads(max(1, job["threads"]))
    prompts = _prompts(folder / STEPS)
    out = folder / SCORES
    done = {row["step_id"] for row in resume_jsonl(out)}
    due = [step_id for step_id in prompts if step_id not in done]
    print(f"{len(due)} of {len(prompts)} steps to score", flush=True)
    if not due:
        out.touch()
        return
    model = load_judge(job["model"], job["server"], max(1, job["batch_size"]))

    def write(rows: list[int], scores: list[Score]) -> None:
        append_jsonl(
            out,
            [
                {"step_id": due[row], "p": _finite(reading.p), "critique": reading.critique}
                for row, reading in zip(rows, scores, strict=True)
            ],
        )

    model.review([prompts[step_id] for step_id in due], write)


def _finite(p: float) -> float | None:
    """JSON has no NaN: a step that is longer than the model's context has no score."""
    return p if p == p else None


def _prompts(path: Path) -> dict[Any, str]:
    prompts: dict[Any, str] = {}
    for number, row in read_jsonl(path):
        prompt = row.get("prompt")
        if "step_id" not in row or not isinstance(prompt, str) or not prompt:
            raise BadInput(f"{path.name} line {number}: 'step_id' and 'prompt' must be given")
        prompts[row["step_id"]] = prompt
    return prompts


if __name__ == "__main__":
    sys.exit(run_job(score, sys.argv[1:], "training.rl.reward_model.score"))
