"""``python -m lab.compare --suite paper --seeds 3 --out DIR``.

Runs every arm of the suite with every seed, one after another, and writes the tables. The
same command again goes on where it stopped; ``--report-only`` writes what there is.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from annotation.pairs.readers.rows import ImportFileError
from lab.compare.arms import SUITES, Arm, arms_of
from lab.compare.benchmark import BENCHMARKS, Benchmark
from lab.compare.cells import Lab, cell_ends_well, done
from lab.compare.measure import HACK_GAP, measure_hack_gap, read_cell
from lab.compare.real.command import run_real
from lab.compare.real.report import SUITE
from lab.compare.report import Results, write
from training.job.folder import MODEL, REPORT, predictions_file
from training.job.types import BadInput
from training.rl.reward_model.model import load_reward_model

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "results.md"
SEEDS, UPDATES = 3, 60
JUDGE = "rm"  # the arm whose reward model measures the reward-hack gap of those without one


def main(argv: Sequence[str] | None = None) -> int:
    """0 when every cell ended well, 1 when some failed, 4 for bad input."""
    options = _options(argv)
    try:
        if options.suite == SUITE:
            return run_real(options)
        arms = arms_of(options.suite, options.only)
        lab = Lab(options.out.resolve(), _benchmark(options), _settings(options))
        failed = 0 if options.report_only else run_all(lab, arms, range(options.seeds or SEEDS))
        reported = _report(lab, arms, options)
    except (BadInput, ImportFileError) as error:
        print(error, file=sys.stderr)
        return 4
    if not reported:
        print("no arm has finished with every seed: nothing to report", file=sys.stderr)
    return 1 if failed or not reported else 0


def run_all(lab: Lab, arms: Sequence[Arm], seeds: Sequence[int]) -> int:
    """Seed by seed, so that a stopped comparison has whole seeds; returns how many failed."""
    failed = 0
    for seed in seeds:
        for arm in arms:
            failed += not cell_ends_well(lab, arm, seed)
            _judge(lab, arm, seed)
    return failed


def _judge(lab: Lab, arm: Arm, seed: int) -> None:
    """Measure the reward-hack gap where a reward model exists and both texts are CoTs."""
    folder, judge = lab.folder(arm.name, seed), lab.folder(arm.rm or JUDGE, seed)
    whole = (folder / predictions_file("before")).exists() and done(lab, arm, seed)
    if whole and (judge / REPORT).exists() and not (folder / HACK_GAP).exists():
        measure_hack_gap(lab, arm, seed, load_reward_model(judge / MODEL))


def _report(lab: Lab, arms: Sequence[Arm], options: argparse.Namespace) -> bool:
    """Tables over the arms that have every seed; False where none has."""
    seeds = range(options.seeds or SEEDS)
    shown = [a for a in arms if not a.judges and all(done(lab, a, s) for s in seeds)]
    if not shown:
        return False
    cells = {a.name: {s: read_cell(lab, a, s) for s in seeds} for a in shown}
    results = Results(
        options.suite,
        lab.benchmark.name,
        shown,
        list(seeds),
        cells,
        lab.benchmark.ceiling,
    )
    write(results, options.document, options.document.parent / "results")
    print(f"wrote {options.document}", flush=True)
    return True


def _benchmark(options: argparse.Namespace) -> Benchmark:
    known = BENCHMARKS["tiny" if options.tiny else options.benchmark]
    benchmark = known()
    if not options.policy:
        return benchmark
    name = f"{benchmark.name}; every arm starts from {options.policy.name}"
    return replace(benchmark, name=name, policy=options.policy.resolve())


def _settings(options: argparse.Namespace) -> dict[str, object]:
    """What every cell shares."""
    every = options.curve_every
    curve = {"curve_every": every, "keep_best": every > 0}
    if options.tiny:
        small = {"updates": 2, "prompts": 2, "group": 4, "micro_batch": 8}
        return {"eval": curve | {"curve_every": 2}, "rl": small, "fit": {"epochs": 1}}
    sizes = {"updates": options.updates or UPDATES, "prompts": options.prompts}
    return {"eval": curve, "rl": {name: size for name, size in sizes.items() if size}}


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="lab.compare", description=__doc__)
    parser.add_argument("--suite", choices=SUITES, default="paper")
    parser.add_argument("--seeds", type=int, help=f"default {SEEDS}, of suite real 1")
    parser.add_argument("--out", type=Path, required=True, help="where the cells are kept")
    parser.add_argument("--only", nargs="*", default=[], help="arms; what they need is added")
    parser.add_argument("--benchmark", choices=BENCHMARKS, default="sample")
    parser.add_argument("--tiny", action="store_true", help="ten pairs, two updates: it runs")
    parser.add_argument("--data", type=Path, help="suite real: a folder of ratings")
    parser.add_argument("--folds", type=int, nargs="*", help="suite real: 0 to 6; default all")
    parser.add_argument(
        "--queries",
        type=int,
        nargs="*",
        help="suite real: queries of labels, 0 = all; default: the whole curve, of policies 0",
    )
    parser.add_argument(
        "--policy", type=Path, help="start from this model, not the shipped one"
    )
    parser.add_argument("--updates", type=int, help=f"default {UPDATES}, of suite real 20")
    parser.add_argument("--prompts", type=int, help="an update; default: run.toml's")
    parser.add_argument("--curve-every", type=int, default=10, help="updates; 0 = no curve")
    parser.add_argument("--document", type=Path, default=DOCUMENT)
    parser.add_argument("--report-only", action="store_true")
    return parser.parse_args(argv)


if __name__ == "__main__":
    raise SystemExit(main())
