"""``python -m training.rl.policy.sample JOB_DIR``: sample rollouts into rollouts.jsonl.

Restarting is safe: completions that are already there are kept, the rest are drawn from the
same random streams as they would have been.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import torch

from training.job.files import append_jsonl, read_jsonl, resume_jsonl
from training.job.folder import PAIRS, ROLLOUTS
from training.job.job_toml import read_job, run_job
from training.job.prompts import STYLES, Style
from training.job.types import BadInput
from training.rl.policy.generate import Completion, Decoding, generate_batches
from training.rl.policy.model import load_policy

DEFAULTS: dict[str, Any] = {
    "model": "",
    "style": "policy",
    "n": 1,
    "temperature": 1.0,
    "top_k": 0,
    "max_tokens": 192,
    "seed": 0,
    "batch_size": 256,
    "threads": 1,
}


def sample(folder: Path) -> None:
    """Do what is left of the job in ``folder`` (docs/formats.md).

    Raises:
        BadInput: see :func:`read_job` and :func:`load_policy`; or a pair without a prompt.
    """
    job = read_job(folder, DEFAULTS)
    prompts = _prompts(folder / PAIRS)
    torch.set_num_threads(max(1, job["threads"]))
    decoding = _decoding(job)
    out = folder / ROLLOUTS
    have: dict[str, set[int]] = defaultdict(set)
    for row in resume_jsonl(out):
        have[row["pair_id"]].add(row["index"])
    wanted = set(range(decoding.n))
    due = [pair_id for pair_id in prompts if not wanted <= have[pair_id]]
    print(f"{len(due)} of {len(prompts)} pairs to sample, {decoding.n} each", flush=True)
    if not due:
        out.touch()
        return
    policy = load_policy(job["model"], style=_style(job["style"]))
    done = 0
    for batch in generate_batches(policy, [prompts[pair_id] for pair_id in due], decoding):
        rows = []
        for index, completions in batch:
            rows += _rows(due[index], completions, have[due[index]])
        append_jsonl(out, rows)
        done += len(batch)
        print(f"{done}/{len(due)} pairs", flush=True)


def _prompts(path: Path) -> dict[str, str]:
    prompts: dict[str, str] = {}
    for number, row in read_jsonl(path):
        pair_id, prompt = row.get("pair_id"), row.get("prompt")
        if not isinstance(pair_id, str) or not isinstance(prompt, str) or not prompt:
            raise BadInput(f"{path.name} line {number}: 'pair_id' and 'prompt' must be given")
        prompts[pair_id] = prompt
    return prompts


def _style(name: str) -> Style | None:
    if name not in ("policy", *STYLES):
        raise BadInput(f"job.toml: 'style' must be policy or one of {', '.join(STYLES)}")
    return None if name == "policy" else cast(Style, name)


def _decoding(job: dict[str, Any]) -> Decoding:
    names = ("n", "temperature", "top_k", "max_tokens", "batch_size", "seed")
    for name in ("n", "max_tokens", "batch_size"):
        if job[name] < 1:
            raise BadInput(f"job.toml: '{name}' must be at least 1, got {job[name]}")
    return Decoding(**{name: job[name] for name in names})


def _rows(
    pair_id: str, completions: Sequence[Completion], have: set[int]
) -> list[dict[str, Any]]:
    return [
        {
            "pair_id": pair_id,
            "index": index,
            "text": completion.text,
            "tokens": completion.tokens,
            "seed": completion.seed,
            "finish": completion.finish,
        }
        for index, completion in enumerate(completions)
        if index not in have
    ]


if __name__ == "__main__":
    sys.exit(run_job(sample, sys.argv[1:], "training.rl.policy.sample"))
