"""The comparison as Markdown. Prose stands around the tables, between them nothing is lost: a
suite's block in the document is replaced, everything else stays."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lab.compare.arms import Arm
from lab.compare.measure import CellResult
from lab.compare.plots import Point, learning_curves, macro_f1_bars
from lab.compare.stats import difference, estimate, f1_by_class
from training.job.files import write_json
from training.rl.measure.classification import Counts, accuracy, good_f1, macro_f1

BASELINE = "grpo"  # where it runs, every arm is tested against it and its best


@dataclass(frozen=True, slots=True)
class Results:
    """``cells`` by arm and seed; arms that judge steps are not in it."""

    suite: str
    benchmark: str
    arms: Sequence[Arm]
    seeds: Sequence[int]
    cells: Mapping[str, Mapping[int, CellResult]]
    ceiling: str = ""

    def tables(self, arm: str, test: str) -> Counts:
        """(S, Q, 4, 5)."""
        return np.stack([self.cells[arm][seed].tables[test] for seed in self.seeds])

    @property
    def tests(self) -> list[str]:
        return list(next(iter(next(iter(self.cells.values())).values())).tables)

    @property
    def sources(self) -> list[str]:
        """What trained the cells; several where the code grew between them."""
        codes = {cell.code[:12] for row in self.cells.values() for cell in row.values()}
        return sorted(codes - {""})

    def reference(self) -> str:
        """The arm the others are compared with."""
        return BASELINE if BASELINE in self.cells else next(iter(self.cells))


def write(results: Results, document: Path, plots: Path) -> None:
    """Put the suite's block into ``document``, its pictures and the seeds' values into
    ``plots``."""
    plots.mkdir(parents=True, exist_ok=True)
    main = results.tests[0]
    rows = [
        (a.label, estimate(results.tables(a.name, main)))
        for a in results.arms
        if a.name in results.cells
    ]
    bars, curves = plots / f"{results.suite}-f1.svg", plots / f"{results.suite}-curves.svg"
    write_json(plots / f"{results.suite}-seeds.json", seed_values(results))
    macro_f1_bars(rows, f"{results.suite}: macro F1, {main} test set", bars)
    points = {a.label: curve_points(results, a.name) for a in results.arms}
    drawn = {label: curve for label, curve in points.items() if curve}
    if drawn:
        learning_curves(drawn, f"{results.suite}: learning curves", curves)
    pictures = [bars, curves] if drawn else [bars]
    body = "\n\n".join(
        [
            _head(results),
            *(
                f"### Test set: {test}\n\n{quality_table(results, test)}"
                for test in results.tests
            ),
            f"### Steps, reward and cost\n\n{cost_table(results)}",
            *([f"### On the way\n\n{way_table(results)}"] if drawn else []),
            *(f"![{p.stem}]({os.path.relpath(p, document.parent)})" for p in pictures),
        ]
    )
    replace_block(document, results.suite, body)


def seed_values(results: Results) -> dict[str, dict[str, list[float]]]:
    """Test set -> arm -> macro F1 of each seed: what every p can be computed from again."""
    return {
        test: {
            arm.label: [round(macro_f1(table), 4) for table in tables.sum(1)]
            for arm in results.arms
            if arm.name in results.cells
            for tables in [results.tables(arm.name, test)]
        }
        for test in results.tests
    }


def _head(results: Results) -> str:
    queries = len(results.tables(next(iter(results.cells)), results.tests[0])[0])
    lines = [
        f"Data: {results.benchmark}. Seeds {', '.join(map(str, results.seeds))}; "
        f"{queries} queries in the main test set; trained by sources "
        f"{', '.join(results.sources) or 'unknown'}.",
        "Mean over seeds ± standard deviation; in brackets the 95 % interval for new seeds and "
        f"queries; difference and p (paired t over seeds) against `{results.reference()}`.",
    ]
    return "\n".join([*lines, results.ceiling] if results.ceiling else lines)


def quality_table(results: Results, test: str) -> str:
    """Macro F1 with interval and test, F1 of each tier, Good F1, accuracy."""
    lines = [
        "| arm | macro F1 | difference | p | F1 4 / 3 / 2 / 1 | Good F1 | accuracy |",
        "|---|---|---|---|---|---|---|",
    ]
    reference = results.tables(results.reference(), test)
    for arm in results.arms:
        if arm.name not in results.cells:
            continue
        tables = results.tables(arm.name, test)
        score = estimate(tables)
        good, right = (estimate(tables, measure, 1).mean for measure in (good_f1, accuracy))
        classes = " / ".join(f"{f1:.2f}" for f1 in f1_by_class(tables))
        versus = " | " if arm.name == results.reference() else _versus(tables, reference)
        lines.append(
            f"| {arm.label} | {score.mean:.3f} ± {score.spread:.3f} [{score.low:.3f}, "
            f"{score.high:.3f}] | {versus} | {classes} | {good:.3f} | {right:.3f} |"
        )
    return "\n".join(lines)


def _versus(tables: Counts, reference: Counts) -> str:
    gap = difference(tables, reference)
    return f"{gap.mean:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}] | {_p(gap.p)}"


def cost_table(results: Results) -> str:
    """Right steps, parse rate, reward-hack gap, and what reaching the reference's best took."""
    mark = best_of_curve(curve_points(results, results.reference()))
    aim = "its best" if mark is None else f"{mark:.3f}"
    lines = [
        "| arm | steps 1 / 2 / 3 / 4 / 5 | parsed | reward-hack gap, best / last "
        f"| rollouts to {aim} | completions | seconds |",
        "|---|---|---|---|---|---|---|",
    ]
    for arm in results.arms:
        cells = [results.cells[arm.name][s] for s in results.seeds if arm.name in results.cells]
        if not cells:
            continue
        shares = [_mean([c.steps.get(str(k)) for c in cells]) for k in range(1, 6)]
        reached = samples_to(curve_points(results, arm.name), mark)
        seconds = _mean([c.report.get("seconds") for c in cells])
        lines.append(
            f"| {arm.label} | {' / '.join(_text(share, '.2f') for share in shares)} "
            f"| {np.mean([c.parse_rate for c in cells]):.3f} "
            f"| {_text(_mean([c.hack_gap for c in cells]), '+.3f')} / "
            f"{_text(_mean([c.hack_gap_last for c in cells]), '+.3f')} "
            f"| {_text(reached, 'd')} | {_text(_mean([c.completions for c in cells]), '.0f')} "
            f"| {_text(seconds, '.0f')} |"
        )
    return "\n".join(lines)


def way_table(results: Results) -> str:
    """Arms at equal samples: the curve's mean, lowest and highest seed."""
    curves = [(arm.label, curve_points(results, arm.name)) for arm in results.arms]
    places = sorted({samples for _, points in curves for samples, *_ in points})
    lines = [
        "Macro F1 on the validation pairs after so many rollouts: mean (lowest to highest "
        "seed).",
        "",
        f"| arm | {' | '.join(map(str, places))} |",
        "|---" * (len(places) + 1) + "|",
    ]
    for label, points in curves:
        if points:
            at = {n: f"{mean:.3f} ({low:.3f} to {high:.3f})" for n, mean, low, high in points}
            lines.append(f"| {label} | {' | '.join(at.get(n, '-') for n in places)} |")
    return "\n".join(lines)


def curve_points(results: Results, arm: str) -> list[Point]:
    """(rollouts, mean, lowest, highest macro F1) where every seed has the point."""
    by_samples: dict[int, list[float]] = {}
    for cell in results.cells.get(arm, {}).values():
        for row in cell.curve:
            by_samples.setdefault(int(row["samples"]), []).append(float(row["macro_f1"]))
    return [
        (samples, float(np.mean(scores)), min(scores), max(scores))
        for samples, scores in sorted(by_samples.items())
        if len(scores) == len(results.seeds)
    ]


def best_of_curve(points: Sequence[Point]) -> float | None:
    return max((mean for _, mean, _, _ in points), default=None)


def samples_to(points: Sequence[Point], mark: float | None) -> int | None:
    """Rollouts until the mean curve first reaches ``mark``; None if it never does."""
    if mark is None:
        return None
    return next((samples for samples, mean, _, _ in points if mean >= mark), None)


def replace_block(document: Path, suite: str, body: str) -> None:
    """Write ``body`` between the suite's two marks, which are added at the end if missing."""
    start, end = f"<!-- suite {suite} -->", f"<!-- end {suite} -->"
    text = document.read_text(encoding="utf-8") if document.exists() else "# Results\n"
    if start in text and end in text:
        head, rest = text.split(start, 1)
        tail = rest.split(end, 1)[1]
    else:
        head, tail = f"{text.rstrip()}\n\n## Suite {suite}\n\n", "\n"
    document.parent.mkdir(parents=True, exist_ok=True)
    document.write_text(f"{head}{start}\n{body}\n{end}{tail}", encoding="utf-8")


def _p(p: float | None) -> str:
    return "<0.001" if p is not None and p < 0.0005 else _text(p, ".3f")


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _text(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
