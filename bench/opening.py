"""``python -m bench.opening --json --rollouts 10000``: rollouts into the queue, one call.

Two policies wrote a text a pair. The first one's rollouts are opened, labelled and resolved;
then those of the second, which wrote the same for every other pair: with and without the
reuse of what is decided.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.support.server import install


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rollouts", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="stepwise-opening-") as folder:
        Path(folder).chmod(0o755)
        report = measure(Path(folder), options.rollouts)
    if options.json:
        print(json.dumps(report, indent=1))
    else:
        for key, value in report.items():
            print(f"{key:<22}{value}")
    return 0


def measure(folder: Path, count: int) -> dict[str, Any]:
    install(folder)
    from annotation.labelling.opening import Wanted, rollouts_open
    from annotation.models import Project, QueueItem, Rollout
    from bench.support.items import items_make
    from bench.support.labelled import resolve_all, rollouts_again

    project = items_make("opening", count)
    resolve_all(project)
    rollouts_again(project, "bench", "second")
    rows = Rollout.objects.filter(pair__project=project, policy="second").order_by("pk")
    rollouts = list(rows.select_related("pair__project"))
    report: dict[str, Any] = {"rollouts": len(rollouts)}
    for name, reuse in (("asked_all", False), ("asked_once", True)):
        Project.objects.filter(pk=project.pk).update(reuse=reuse)
        for rollout in rollouts:
            rollout.pair.project.reuse = reuse
        began = time.perf_counter()
        opened = rollouts_open(rollouts=rollouts, wanted=Wanted())
        report |= {
            f"{name}_s": round(time.perf_counter() - began, 2),
            f"{name}_opened": opened.opened,
            f"{name}_covered": opened.covered,
        }
        QueueItem.objects.filter(rollout__policy="second").delete()
    return report | {"load_1m": round(os.getloadavg()[0], 2)}


if __name__ == "__main__":
    raise SystemExit(main())
