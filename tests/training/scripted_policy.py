"""Batches, and a policy that answers what a test wrote down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from annotation.models import Project
from tests.training.world import pair_make, policy_make
from training.models import Checkpoint
from training.rollouts.batches import batch_create
from training.serving.policy_client import OnWait, PolicyError, SampledText, SamplingRequest


class Scripted:
    """Answers ``texts`` for every pair, and nothing more after ``fails_after`` samples."""

    def __init__(self, *texts: str, fails_after: int = 1000) -> None:
        self.texts, self.fails_after, self.prompts_seen = texts, fails_after, 0

    def sample(
        self, prompts: Sequence[Mapping[str, Any]], request: SamplingRequest, on_wait: OnWait
    ) -> Iterator[SampledText]:
        sent = 0
        self.prompts_seen = len(prompts)
        for prompt in prompts:
            for index, text in enumerate(self.texts):
                on_wait()
                if sent == self.fails_after:
                    raise PolicyError("the model went away")
                sent += 1
                yield SampledText(prompt["pair_id"], index, text, "stop")


def batch(
    project: Project, n: int = 1, queries: Sequence[str] = ("a", "b"), **values: Any
) -> Any:
    pairs = [pair_make(project, query, query) for query in queries]
    policy = Checkpoint.objects.filter(kind="policy").first() or policy_make()
    return batch_create(project=project, policy=policy, pairs=pairs, n=n, **values)
