"""Items of groups whose claimed tiers are given."""

from __future__ import annotations

from annotation.labelling.queue import queue_ask
from annotation.labelling.rollouts import rollout_record
from annotation.models import Pair, Project, QueueItem, Rollout
from tests.training.world import cot, pair_make


def rollouts(pair: Pair, *tiers: str, policy: str = "policy") -> list[Rollout]:
    return [
        rollout_record(
            pair=pair, text=cot(tier), policy=policy, prompt_version="1", sample_index=n,
            temperature=1.0, seed=0, max_tokens=200, finish="stop",
        )
        for n, tier in enumerate(tiers)
    ]  # fmt: skip


def item(project: Project, query: str, *tiers: str, policy: str = "policy") -> QueueItem:
    """One item of a group with these claimed tiers."""
    return queue_ask(
        rollout=rollouts(pair_make(project, query, query), *tiers, policy=policy)[0]
    )


def ranks(*items: QueueItem) -> list[int]:
    return [QueueItem.objects.get(pk=item.pk).priority for item in items]
