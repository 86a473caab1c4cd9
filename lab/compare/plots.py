"""Pictures of a comparison, as SVG that is the same for the same numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot

from lab.compare.stats import SeedEstimate

matplotlib.rcParams |= {
    "svg.hashsalt": "stepwise",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
}
_NO_DATE = {"Date": None}

Point = tuple[int, float, float, float]  # samples, mean, lowest seed, highest seed


def macro_f1_bars(rows: Sequence[tuple[str, SeedEstimate]], title: str, path: Path) -> None:
    """One bar an arm with its 95 % interval, and a dot a seed."""
    figure, axes = pyplot.subplots(figsize=(7.2, 0.8 + 0.36 * len(rows)))
    for place, (_, e) in enumerate(reversed(rows)):
        axes.barh(place, e.mean, color="#8fb3d9", height=0.62)
        axes.plot([e.low, e.high], [place, place], color="#1f3a5f", linewidth=1.5)
        axes.plot(e.values, [place] * len(e.values), "o", color="#1f3a5f", markersize=3)
    axes.set_yticks(range(len(rows)), [label for label, _ in reversed(rows)])
    axes.set_xlim(0, 1)
    # Below the whole picture: below the axes alone it is cut where the arms' names are long.
    about = "macro F1 (bar: mean over seeds, line: 95 % interval, dots: seeds)"
    figure.supxlabel(about, fontsize="medium")
    axes.set_title(title)
    figure.tight_layout()
    figure.savefig(path, metadata=_NO_DATE)
    pyplot.close(figure)


def learning_curves(curves: Mapping[str, Sequence[Point]], title: str, path: Path) -> None:
    """Macro F1 over samples, a band from the lowest to the highest seed."""
    figure, axes = pyplot.subplots(figsize=(7.2, 4.2))
    for label, points in curves.items():
        samples, means, lows, highs = zip(*points, strict=True)
        (line,) = axes.plot(samples, means, marker="o", markersize=3, label=label)
        axes.fill_between(samples, lows, highs, color=line.get_color(), alpha=0.12)
    axes.set_xlabel("rollouts seen in training")
    axes.set_ylabel("macro F1 on the validation pairs")
    axes.set_title(title)
    axes.legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(path, metadata=_NO_DATE)
    pyplot.close(figure)


def label_curves(
    curves: Mapping[str, Sequence[Point]], title: str, measure: str, path: Path
) -> None:
    """A measure over queries of labels with its 95 % interval; an arm of one point is a line
    from side to side, since it needs no label or was trained with all of them."""
    figure, axes = pyplot.subplots(figsize=(7.2, 4.6))
    for number, (label, points) in enumerate(curves.items()):
        queries, means, lows, highs = zip(*points, strict=True)
        colour = f"C{number % 10}"
        if len(points) == 1:
            axes.axhline(means[0], linestyle=":", color=colour, label=label)
            continue
        axes.plot(queries, means, marker="o", markersize=3, color=colour, label=label)
        axes.fill_between(queries, lows, highs, color=colour, alpha=0.08)
    axes.set_xlabel("queries whose pairs people rated")
    axes.set_ylabel(measure)
    axes.set_title(title)
    axes.legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(path, metadata=_NO_DATE)
    pyplot.close(figure)
