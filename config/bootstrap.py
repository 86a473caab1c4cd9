"""The sample project of a first start: pairs, the seed policy, and rollouts on their way."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from django.db import transaction

from annotation.cot.errors import Invalid
from annotation.models import Pair, Project
from annotation.pairs.write import pairs_import
from annotation.quality.projects import project_create
from lab.sample.generate import generate
from lab.sample.writers import write_pairs_jsonl
from training.models import Checkpoint, RolloutBatch
from training.rollouts.batches import batch_create
from training.rollouts.offered import SAMPLE_SOURCE
from training.rollouts.tasks import rollouts_run
from training.runs.checkpoints import seed_policy
from training.runs.thresholds import thresholds_set

SLUG = "sample"
FIRST_PAIRS = 24
GUIDELINE = Path(__file__).resolve().parents[1] / "lab" / "sample" / "guideline.md"
Say = Callable[[str], None]


def sample_create(say: Say) -> Project:
    """Idempotent: every part that is there stays as it is."""
    project = Project.objects.filter(slug=SLUG).first()
    if project is None:
        text = GUIDELINE.read_text(encoding="utf-8")
        project = project_create(slug=SLUG, name="Sample shop", guideline=text)
        # a first launch is to show a run, not what a project of eight weeks would have
        thresholds_set(
            project=project, alpha=None, gold_accuracy=None, human_coverage=None,
            varied_pairs=None,
        )  # fmt: skip
        say("created the project 'sample'")
    _import_pairs(project, say)
    policy = _policy(say)
    if policy and not RolloutBatch.objects.filter(project=project).exists():
        _first_batch(project, policy, say)
    return project


def _import_pairs(project: Project, say: Say) -> None:
    """Pairs of the test split bring gold; people are to answer the rest."""
    if Pair.objects.filter(project=project).exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sample.jsonl"
        say("making the built-in sample: queries, products and pairs")
        write_pairs_jsonl(generate(), path, with_truth={"test"})
        report = pairs_import(project=project, path=path, source=SAMPLE_SOURCE)
    say(f"imported {report.created} pairs")


def _policy(say: Say) -> Checkpoint | None:
    try:
        return seed_policy()
    except Invalid as error:
        say(f"nothing can be sampled until a checkpoint is added: {error.message}")
        return None


def _first_batch(project: Project, policy: Checkpoint, say: Say) -> None:
    train = Pair.objects.filter(project=project, split="train").select_related("product")
    stride = max(1, train.count() // FIRST_PAIRS)
    pairs = list(train.order_by("pk")[::stride])[:FIRST_PAIRS]
    with transaction.atomic():
        batch = batch_create(project=project, policy=policy, pairs=pairs, n=2, queue_limit=1)
        transaction.on_commit(lambda: rollouts_run.delay(batch.pk))
    say(f"asked the policy for rollouts of {len(pairs)} pairs; they appear while you log in")
