"""``python -m bench.lineage --json``: a lineage beside a million labels and a million groups.

Every label is decided and frozen in one release; one run rewards every pair in five updates.
Lineages of random labels, steps and updates are timed, beside a walk that reads the groups
and asks no index (timed on a hundredth of them).
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from bench.support.server import install

UPDATES = 5


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=int, default=1_000_000, help="five an item")
    parser.add_argument("--looks", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="stepwise-lineage-") as folder:
        Path(folder).chmod(0o755)
        report = measure(Path(folder), options.labels // 5, options.looks)
    if options.json:
        print(json.dumps(report, indent=1))
    else:
        for key, value in report.items():
            print(f"{key:<26}{value}")
    return 0


def measure(folder: Path, items: int, looks: int) -> dict[str, Any]:
    install(folder)
    from annotation.models import StepLabel
    from bench.support.history import history_make
    from training.lineage.access import groups_read, labels_read, steps_read
    from training.lineage.select import label_lineage, step_lineage, update_lineage
    from training.models import RewardGroup

    began = time.perf_counter()
    world = history_make(items, UPDATES)
    report: dict[str, Any] = {"seed_seconds": round(time.perf_counter() - began, 1)}
    report |= {"labels": StepLabel.objects.count(), "groups": RewardGroup.objects.count()}
    rng, lead = random.Random(1), world.lead
    labels = [rng.choice(world.labels) for _ in range(looks)]
    steps = [rng.choice(world.steps) for _ in range(looks)]
    pairs = [rng.choice(world.pairs) for _ in range(looks)]

    def backward(pair: int) -> Any:
        row = groups_read(world.run, rng.randrange(UPDATES), pair).get()
        return update_lineage(row, lead)

    looked: dict[str, tuple[Callable[[int], Any], list[int]]] = {
        "label": (lambda pk: label_lineage(labels_read().get(pk=pk), lead), labels),
        "step": (lambda pk: step_lineage(steps_read().get(pk=pk), lead), steps),
        "update": (backward, pairs),
    }
    for name, (look, keys) in looked.items():
        times = [_timed(look, key) for key in keys]
        report[f"{name}_p50_ms"] = round(median(times), 1)
        report[f"{name}_p95_ms"] = round(quantiles(times, n=20)[-1], 1)
    sample = max(1, report["groups"] // 100)
    report["naive_walk_ms"] = round(_timed(_naive, sample), 1)
    report["ratio_naive"] = round(report["naive_walk_ms"] * 100 / report["label_p50_ms"], 1)
    return report | {"plans": world.plans()}


def _naive(groups: int) -> int:
    """Reads groups and compares each hash, as a script over the ledger would."""
    from training.models import RewardGroup

    wanted = b"x" * 32
    rows = RewardGroup.objects.values_list("step_sha256", flat=True)[:groups]
    return sum(wanted in [bytes(value) for value in row] for row in rows.iterator())


def _timed(work: Callable[[int], Any], key: int) -> float:
    began = time.perf_counter()
    work(key)
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    raise SystemExit(main())
