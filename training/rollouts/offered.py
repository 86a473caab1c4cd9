"""Where the shipped policy may write: it knows the words of the built-in sample alone."""

from __future__ import annotations

from django.conf import settings

from annotation.models import Pair, Project
from training.models import Checkpoint

SAMPLE_SOURCE = "the built-in sample"  # ``Pair.source`` of the pairs that come with it
# What the pairs of an installation say that made its sample before they were marked.
_EARLIER = ("sample", "sample.jsonl")


def is_shipped(policy: Checkpoint) -> bool:
    return policy.path == str(settings.SEED_POLICY)


def of_sample(project: Project) -> bool:
    """Whether the project's pairs are the sample's; the first one stands for all."""
    pairs = Pair.objects.filter(project=project).order_by("pk")
    source = pairs.values_list("source", flat=True).first()
    return source == SAMPLE_SOURCE or (project.slug, source) == _EARLIER


def offered(policy: Checkpoint, project: Project) -> bool:
    return not is_shipped(policy) or of_sample(project)
