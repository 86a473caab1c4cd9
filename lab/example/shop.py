"""The built-in sample as a project."""

from __future__ import annotations

import tempfile
from pathlib import Path

from annotation.models import Pair, Project
from annotation.pairs.write import pairs_import
from annotation.quality.projects import project_create
from lab.sample.generate import generate
from lab.sample.writers import write_pairs_jsonl
from training.rollouts.offered import SAMPLE_SOURCE
from training.runs.thresholds import thresholds_set

GUIDELINE = Path(__file__).resolve().parents[1] / "sample" / "guideline.md"


def shop_create(*, slug: str, name: str) -> Project:
    """Without its pairs. A first launch is to show a run, not what a project of eight weeks
    would have, so that most thresholds are off.

    Raises:
        Conflict: the slug is taken.
    """
    text = GUIDELINE.read_text(encoding="utf-8")
    project = project_create(slug=slug, name=name, guideline=text)
    thresholds_set(
        project=project, alpha=None, gold_accuracy=None, human_coverage=None, varied_pairs=None
    )
    return project


def shop_import(project: Project) -> int:
    """Pairs of the test split bring gold; people are to answer the rest. Returns how many are
    new; none where the project has pairs."""
    if Pair.objects.filter(project=project).exists():
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sample.jsonl"
        write_pairs_jsonl(generate(), path, with_truth={"test"})
        return pairs_import(project=project, path=path, source=SAMPLE_SOURCE).created
