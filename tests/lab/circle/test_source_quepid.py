"""Ratings of a shop as a circle's source."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from annotation.models import Pair
from lab.circle.context import Circle
from lab.circle.source_quepid import PRODUCTS, RATINGS, QuepidSource
from lab.circle.training import beside_report
from tests.factories import make_project
from tests.lab.compare.real.folder import RATINGS as GRADES
from tests.lab.compare.real.folder import write_ratings
from tests.training.world import run_make
from training.runs.snapshot import run_folder

pytestmark = pytest.mark.django_db


def source_of(folder: Path) -> QuepidSource:
    write_ratings(folder)
    (folder / GRADES).rename(folder / RATINGS)
    assert (folder / PRODUCTS).exists()
    return QuepidSource(folder, pairs=10, seed=0)


def test_a_policy_is_put_beside_what_else_answers_its_test_pairs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, project = source_of(tmp_path), make_project()
    source.pairs_load(project, tmp_path)
    rated = source.rated()
    tiers = {row["pair_id"]: row["truth"]["5"]["value"] for row in rated.rows}
    run = run_make(project)
    folder = run_folder(run)
    folder.mkdir(parents=True)
    for moment, tier in (("before", lambda key: "1"), ("after", tiers.__getitem__)):
        lines = [
            {"pair_id": str(pair.pk), "text": "",
             "tier": tier(f"{pair.query}|{pair.product.external_id}")}
            for pair in Pair.objects.filter(project=project, split="test")
        ]  # fmt: skip
        (folder / f"predictions_{moment}.jsonl").write_text(
            "".join(json.dumps(line) + "\n" for line in lines)
        )
    circle: Any = SimpleNamespace(source=source, report={})
    beside_report(cast(Circle, circle), run)
    before, after, *others = circle.report["beside"]
    assert (before["quadratic kappa"], after["quadratic kappa"]) == (0.0, 1.0)
    assert len(others) > 4
