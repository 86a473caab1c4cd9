"""Who writes a project's first CoTs."""

from __future__ import annotations

from collections.abc import Sequence

from annotation.cot.splits import SPLITS
from annotation.models import Project
from training.models import CATALOGUE, Checkpoint, RolloutBatch
from training.rollouts.batches import batch_create
from training.rollouts.catalogue.writer import WRITER
from training.rollouts.select import pairs_due_for_rollout


def catalogue_writer() -> Checkpoint:
    """The one row of the writer that needs no model."""
    row, _created = Checkpoint.objects.get_or_create(
        name=WRITER, defaults={"path": CATALOGUE, "kind": Checkpoint.Kind.WRITER}
    )
    return row


def writer_start(
    *,
    project: Project,
    writer: Checkpoint,
    splits: Sequence[str] = SPLITS,
    pairs: int | None = None,
    temperature: float = 0.0,
    max_tokens: int = 1024,
) -> RolloutBatch:
    """One CoT for every pair of the splits that has none of this writer, at most ``pairs``,
    oldest first; the caller sends the task on commit.

    Raises:
        Invalid: no pair is left, or a number out of range.
    """
    return batch_create(
        project=project,
        policy=writer,
        pairs=pairs_due_for_rollout(project=project, policy=writer, splits=splits, limit=pairs),
        n=1,
        temperature=temperature,
        top_k=0,
        max_tokens=max_tokens,
    )
