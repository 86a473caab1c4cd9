"""The sample project of a first start: pairs, the seed policy, and rollouts on their way."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction

from annotation.cot.errors import Invalid
from annotation.models import Pair, Project
from lab.example.example import SAMPLE as SLUG
from lab.example.shop import shop_create, shop_import
from training.models import Checkpoint, RolloutBatch
from training.rollouts.batches import batch_create
from training.rollouts.tasks import rollouts_run
from training.runs.checkpoints import seed_policy

FIRST_PAIRS = 24
Say = Callable[[str], None]


def sample_create(say: Say) -> Project:
    """Idempotent: every part that is there stays as it is."""
    project = Project.objects.filter(slug=SLUG).first()
    if project is None:
        project = shop_create(slug=SLUG, name="Sample shop")
        say(f"created the project '{SLUG}'")
    if created := shop_import(project):
        say(f"imported {created} pairs of the built-in sample")
    policy = _policy(say)
    if policy and not RolloutBatch.objects.filter(project=project).exists():
        _first_batch(project, policy, say)
    return project


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
