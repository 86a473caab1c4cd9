"""The published tables say what the published values of the seeds say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from lab.compare.real.measures import MEASURES
from lab.compare.stats import paired_p

DOCS = Path(__file__).resolve().parents[3] / "docs"
ROW = re.compile(r"^\| (.+?) \| ([\d.]+) ± [\d.]+ \[.*?\] \| (.*?) \| (.*?) \|", re.MULTILINE)


def blocks() -> list[tuple[str, str]]:
    names = ("results.md", "results_former.md")
    text = "".join((DOCS / name).read_text(encoding="utf-8") for name in names)
    return re.findall(r"<!-- suite ([\w-]+) -->(.*?)<!-- end", text, re.DOTALL)


def published() -> list[tuple[str, str]]:
    """By seeds; the suite of real ratings is by folds."""
    return [(suite, block) for suite, block in blocks() if suite != "real"]


@pytest.mark.parametrize(("suite", "block"), published(), ids=lambda value: value[:12])
def test_each_p_is_the_paired_t_of_the_stored_values(suite: str, block: str) -> None:
    tests = json.loads((DOCS / "results" / f"{suite}-seeds.json").read_text(encoding="utf-8"))
    for test, values in tests.items():
        table = block.partition(f"### Test set: {test}\n")[2].partition("###")[0]
        rows = ROW.findall(table)
        assert {label for label, *_ in rows} == set(values)
        (reference,) = (label for label, _, difference, _ in rows if not difference.strip())
        for label, mean, difference, p in rows:
            gaps = np.array(values[label]) - np.array(values[reference])
            assert np.mean(values[label]) == pytest.approx(float(mean), abs=6e-4)
            if label != reference:
                assert gaps.mean() == pytest.approx(float(difference.split()[0]), abs=6e-4)
                expected = paired_p(gaps) or 0
                shown = 0.0 if p == "<0.001" else float(p)
                assert shown == pytest.approx(expected, abs=0.006)


def test_each_measure_on_real_ratings_is_that_of_the_stored_counts() -> None:
    body = json.loads((DOCS / "results" / "real-folds.json").read_text(encoding="utf-8"))
    block = (
        dict(blocks())["real"].partition("### All labels of a fold\n")[2].partition("###")[0]
    )
    rows = [line.strip("| ").split(" | ") for line in block.splitlines() if "[" in line]
    shown = {row[0]: row[1:] for row in rows if not row[0].startswith("one rater")}
    assert shown.keys() == body["arms"].keys()
    for label, cells in shown.items():
        folds = body["arms"][label]["all"]
        assert int(cells[0]) == len(folds)
        tables = np.array(list(folds.values())).sum(0)  # (S, 4, 5)
        for cell, measure in zip(cells[1:], MEASURES.values(), strict=False):
            mean = np.mean([measure(table) for table in tables])
            assert mean == pytest.approx(float(cell.split()[0]), abs=6e-4)
