"""The suite's tables, its picture, and the counts that all of it can be computed from again."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lab.compare.arms import Arm
from lab.compare.plots import label_curves
from lab.compare.real.folds import ALL, label_sizes
from lab.compare.real.guessers import Guesser
from lab.compare.real.measures import (
    MEASURES,
    against_each_other,
    against_the_median,
    of_people,
)
from lab.compare.real.suite import RealLab, RealPlan
from lab.compare.report import replace_block
from lab.compare.stats import Measure, SeedEstimate, difference, estimate
from training.job.files import write_json
from training.rl.measure.classification import UNREAD, Counts

SUITE = "real"
REFERENCE = "trees"
_FIRST = "quadratic kappa"


@dataclass(frozen=True, slots=True)
class ArmTables:
    """``by_fold``: queries of labels -> fold -> (S, Q, 4, 5), of the folds that have run."""

    name: str
    label: str
    by_fold: Mapping[int, Mapping[int, Counts]]

    def pooled(self, size: int = ALL, among: Sequence[int] | None = None) -> Counts:
        """All test queries of the folds, or of those ``among``."""
        rows = self.by_fold[size]
        return np.concatenate([rows[f] for f in sorted(among or rows)], axis=1)


def write(real: RealLab, plan: RealPlan, document: Path, plots: Path) -> bool:
    """Put the suite's block into ``document``; False where no arm has a whole fold."""
    arms = arm_tables(real, plan)
    if not arms:
        return False
    plots.mkdir(parents=True, exist_ok=True)
    write_json(plots / f"{SUITE}-folds.json", counts(real, arms))
    picture = plots / f"{SUITE}-curve.svg"
    label_curves(curves(real, arms), f"{SUITE}: {_FIRST} by queries of labels", _FIRST, picture)
    parts = [
        _head(real, plan),
        f"### All labels of a fold\n\n{quality_table(real, arms)}",
        f"### Mean of the folds\n\n{folds_table(arms)}",
        *(f"### {name} by queries of labels\n\n{curve_table(real, arms, name)}"
          for name in list(MEASURES)[:2]),
        f"![{picture.stem}]({os.path.relpath(picture, document.parent)})",
    ]  # fmt: skip
    replace_block(document, SUITE, "\n\n".join(parts))
    return True


def arm_tables(real: RealLab, plan: RealPlan) -> list[ArmTables]:
    """In the order of the plan; what has not run is left out."""
    made = []
    arms: list[Guesser | Arm] = [*plan.guessers, *plan.policies]
    for arm in arms:
        by_fold: dict[int, dict[int, Counts]] = {}
        for size in label_sizes(real.folds):
            for fold in plan.folds:
                tables = real.tables(arm.name, fold, size, plan.seeds)
                if tables is not None:
                    by_fold.setdefault(size, {})[fold] = tables
        if ALL in by_fold:
            made.append(ArmTables(arm.name, arm.label, by_fold))
    return made


def counts(real: RealLab, arms: Sequence[ArmTables]) -> dict[str, object]:
    """Arm -> queries of labels -> fold -> a 4 x 5 table of counts for every seed (rows: the
    raters' tier 4..1; columns: the arm's 4..1, and unreadable)."""
    return {
        "ratings": real.ratings.name,
        "fingerprint": real.ratings.fingerprint,
        "arms": {
            arm.label: {
                _size_name(size): {
                    str(fold): tables.sum(1).tolist() for fold, tables in folds.items()
                }
                for size, folds in arm.by_fold.items()
            }
            for arm in arms
        },
    }


def quality_table(real: RealLab, arms: Sequence[ArmTables]) -> str:
    """Each measure with its interval, the raters first, and kappa against the trees'."""
    names = " | ".join(MEASURES)
    lines = [
        f"| arm | folds | {names} | {_FIRST} minus trees | parsed |",
        "|---" * (len(MEASURES) + 4) + "|",
    ]
    everybody = len(real.folds)
    for label, tables in _people(real):
        cells = [_interval(*of_people(tables, measure)) for measure in MEASURES.values()]
        lines.append(f"| {label} | {everybody} | {' | '.join(cells)} | | |")
    reference = next((arm for arm in arms if arm.name == REFERENCE), None)
    for arm in arms:
        tables = arm.pooled()
        each = [_estimate(tables, measure) for measure in MEASURES.values()]
        cells = [_interval(e.mean, e.low, e.high) for e in each]
        lines.append(
            f"| {arm.label} | {len(arm.by_fold[ALL])} | {' | '.join(cells)} "
            f"| {_versus(arm, reference)} | {_parsed(tables):.3f} |"
        )
    return "\n".join(lines)


def folds_table(arms: Sequence[ArmTables]) -> str:
    """Mean and standard deviation over the folds, each by itself."""
    lines = [f"| arm | {' | '.join(MEASURES)} |", "|---" * (len(MEASURES) + 1) + "|"]
    for arm in arms:
        cells = [_of_folds(arm.by_fold[ALL], measure) for measure in MEASURES.values()]
        lines.append(f"| {arm.label} | {' | '.join(cells)} |")
    return "\n".join(lines)


def curve_table(real: RealLab, arms: Sequence[ArmTables], name: str) -> str:
    """One measure of all folds together, by queries of labels."""
    sizes = label_sizes(real.folds)
    shown = [_size_name(size, real) for size in sizes]
    lines = [f"| arm | {' | '.join(shown)} |", "|---" * (len(sizes) + 1) + "|"]
    for arm in arms:
        values = {s: _estimate(arm.pooled(s), MEASURES[name]) for s in arm.by_fold}
        cells = [
            _interval(e.mean, e.low, e.high) if (e := values.get(size)) else "-"
            for size in sizes
        ]
        lines.append(f"| {arm.label} | {' | '.join(cells)} |")
    return "\n".join(lines)


def curves(
    real: RealLab, arms: Sequence[ArmTables]
) -> dict[str, list[tuple[int, float, float, float]]]:
    """Label -> (queries, value, low, high); a single point where there is no curve."""
    most = _queries(real)
    made = {}
    for arm in arms:
        values = {
            size or most: _estimate(arm.pooled(size), MEASURES[_FIRST]) for size in arm.by_fold
        }
        made[arm.label] = [(n, e.mean, e.low, e.high) for n, e in sorted(values.items())]
    return made


def _head(real: RealLab, plan: RealPlan) -> str:
    queries = {row["query"] for row in real.ratings.rows}
    seeds = ", ".join(map(str, plan.seeds))
    return (
        f"Data: {real.ratings.name}, {len(queries)} queries in {len(real.folds)} folds; seeds "
        f"{seeds}. An arm is measured on the\ntest queries of all its folds together; in "
        "brackets the 95 % interval for new queries. Where it has not all folds, its\n"
        "difference to the trees is on the same ones."
    )


def _people(real: RealLab) -> list[tuple[str, Counts]]:
    rows, grades = real.ratings.rows, real.ratings.grades
    if not grades or len(next(iter(grades.values()))) < 2:
        return []
    return [
        ("one rater against another", against_each_other(rows, grades)),
        ("one rater against the median", against_the_median(rows, grades)),
    ]


def _versus(arm: ArmTables, reference: ArmTables | None) -> str:
    if reference is None or arm is reference:
        return ""
    both = sorted(set(arm.by_fold[ALL]) & set(reference.by_fold[ALL]))
    if not both:
        return ""
    gap = difference(arm.pooled(among=both), reference.pooled(among=both), MEASURES[_FIRST])
    return f"{gap.mean:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}]"


def _estimate(tables: Counts, measure: Measure) -> SeedEstimate:
    return estimate(tables, measure, lowest=-1.0)


def _of_folds(folds: Mapping[int, Counts], measure: Measure) -> str:
    values = [np.mean([measure(t) for t in tables.sum(1)]) for tables in folds.values()]
    spread = f" ± {np.std(values, ddof=1):.3f}" if len(values) > 1 else ""
    return f"{np.mean(values):.3f}{spread}"


def _interval(mean: float, low: float, high: float) -> str:
    return f"{mean:.3f} [{low:.3f}, {high:.3f}]"


def _parsed(tables: Counts) -> float:
    return float(1 - tables[..., UNREAD].sum() / tables.sum())


def _queries(real: RealLab) -> int:
    return min(len(fold.train_queries) for fold in real.folds)


def _size_name(size: int, real: RealLab | None = None) -> str:
    known = f" ({_queries(real)})" if real else ""
    return str(size) if size else f"all{known}"
