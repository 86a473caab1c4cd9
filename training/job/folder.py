"""What the folders between processes hold (docs/formats.md): the names of their files, and what
an exit code means. Whoever writes one and whoever reads it import this."""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path

from training.job.files import file_sha256

# a run: python -m training.rl.train RUN_DIR
RUN_TOML = "run.toml"
TRAIN, EVAL, DEV = "train.jsonl", "eval.jsonl", "dev.jsonl"
LABELS = "labels.jsonl"
TRUTH, RULES = "truth.json", "rules.toml"
INPUTS = (RUN_TOML, TRAIN, EVAL, DEV, LABELS, TRUTH, RULES)
MANIFEST = "manifest.json"
METRICS, CURVE, EXPLORED = "metrics.jsonl", "curve.jsonl", "explored.jsonl"
LEDGER = "ledger.jsonl.zst"
REPORT = "report.json"
TRAIN_LOG = "train.log"
CANCEL = "CANCEL"
MODEL, CHECKPOINTS = "model", "checkpoints"
MODEL_FACTS = "stepwise.json"  # in a model folder
MOMENTS = ("before", "after")  # of training
START = "start"  # predictions on the validation pairs before the first update
LAST = "last"  # predictions after the last update where an earlier point is the result

# a job: sampling (PAIRS to ROLLOUTS) or scoring (STEPS to SCORES)
JOB_TOML, JOB_LOG = "job.toml", "job.log"
PAIRS, ROLLOUTS = "pairs.jsonl", "rollouts.jsonl"
STEPS, SCORES = "steps.jsonl", "scores.jsonl"


class Exit(IntEnum):
    """How a run or a job ended. Anything else is a crash, from which it can go on."""

    DONE = 0
    CANCELLED = 3
    BAD_INPUT = 4  # the last line says what


SIGNALLED = 128  # 128 + n: signal n ended it


def evaluation_file(moment: str) -> str:
    return f"eval_{moment}.json"


def predictions_file(moment: str) -> str:
    return f"predictions_{moment}.jsonl"


def input_hashes(folder: Path) -> dict[str, str]:
    """The inputs that are there, by name, as manifest.json keeps them."""
    return {name: file_sha256(folder / name) for name in INPUTS if (folder / name).exists()}
