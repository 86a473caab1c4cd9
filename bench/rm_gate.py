"""How often the gate lets simulated reward models through: ``python -m bench.rm_gate``.

Champion and candidate judge steps in clusters of 5 (one rollout a query), differ on one step in
ten, and are calibrated: of the verdicts given with 0.8, 80 % are right. A candidate that is d
better is right on that many more of the steps. Three rollouts in ten have no error; the fewer
there are of either sort, the noisier is ProcessBench F1.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

import numpy as np

from training.judges.gate import DRAWS, MARGIN, GateReport, above, gate
from training.judges.resampled import GoldStep, Judged, weights

ACCURACY, DIFFER = 0.80, 0.10
CLEAN, CORRECT = 0.30, 0.55  # shares: of the rollouts without an error, of all steps
CLUSTER = 5
# (gold steps, how much better than the champion, share that accuracy should let through)
ROWS = ((800, -0.03, 0.047), (800, -0.04, 0.015), (800, 0.0, 0.84), (800, 0.02, 0.99),
        (400, 0.0, 0.58))  # fmt: skip


def simulated(
    rng: np.random.Generator,
    n: int,
    better: float,
    *,
    clean: float = CLEAN,
    unfair: bool = False,
) -> list[GoldStep]:
    """Gold steps with the verdicts of a champion and of a candidate that is ``better``; an
    ``unfair`` one loses on the rollouts without an error alone, and gains on the others."""
    sure = np.clip(ACCURACY + rng.uniform(-0.2, 0.2, n), 0.5, 1.0)
    whole = np.repeat(rng.random(n // CLUSTER) < clean, CLUSTER)
    correct = whole | (rng.random(n) < (CORRECT - clean) / (1 - clean))
    first = rng.random(n) < sure
    gains, losses = np.full(n, (DIFFER + better) / 2), np.full(n, (DIFFER - better) / 2)
    if unfair:
        gains, losses = gains * ~whole / (1 - clean), losses * whole / clean
    turned = np.where(first, losses / ACCURACY, gains / (1 - ACCURACY))
    second = first ^ (rng.random(n) < turned)
    as_sure = sure * (1 - losses / ACCURACY) + (1 - sure) * gains / (1 - ACCURACY)

    def chances(right: np.ndarray, sure: np.ndarray) -> list[float]:
        says_correct = correct == right
        # 0.5 itself is called correct
        return [float(p) for p in np.where(says_correct, sure, np.minimum(1 - sure, 0.4999))]

    rows = zip(correct, chances(second, as_sure), chances(first, sure), strict=True)
    return [
        GoldStep(f"query {at // CLUSTER}", at // CLUSTER, at % CLUSTER + 1, bool(true), p, q)
        for at, (true, p, q) in enumerate(rows)
    ]


def accuracy_passes(n: int, better: float, runs: int, seed: int = 0) -> int:
    """In how many trials the rule on accuracy alone lets the candidate through."""
    rng, resamples = np.random.default_rng([seed, n]), weights(n // CLUSTER, DRAWS)
    passed = 0
    for _ in range(runs):
        steps = simulated(rng, n, better)
        mine = Judged.of(steps, [step.candidate for step in steps], resamples)
        theirs = Judged.of(steps, [step.champion or 0.0 for step in steps], resamples)
        passed += above("accuracy", mine.accuracy(), theirs.accuracy(), -MARGIN).passes
    return passed


def trials(
    n: int,
    better: float,
    runs: int,
    *,
    clean: float = CLEAN,
    unfair: bool = False,
    seed: int = 0,
) -> list[GateReport]:
    rng = np.random.default_rng([seed, n, round(1000 * (better + 1))])
    drawn = (simulated(rng, n, better, clean=clean, unfair=unfair) for _ in range(runs))
    return [gate(steps, against="champion") for steps in drawn]


def share(reports: Sequence[GateReport], rule: str) -> float:
    """Of the trials in which one rule passes; "gate" is all of them together."""
    passed = [
        report.passes if rule == "gate" else rule not in [row.name for row in report.failed]
        for report in reports
    ]
    return sum(passed) / len(passed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=600)
    parser.add_argument("--clean", type=float, default=CLEAN, help="rollouts without an error")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rules = ("accuracy", "processbench_f1", "ece", "majority", "auc", "gate")
    for n, better, expected in ROWS:
        reports = trials(n, better, options.runs, clean=options.clean)
        row = {"steps": n, "better": better, "table": expected} | {
            rule: round(share(reports, rule), 3) for rule in rules
        }
        print(json.dumps(row) if options.json else row, flush=True)


if __name__ == "__main__":
    main()
