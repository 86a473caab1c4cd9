"""Who writes a project's first CoTs."""

from __future__ import annotations

from collections.abc import Sequence

import httpx
from django.db.models import QuerySet

from annotation.cot.errors import Invalid
from annotation.cot.splits import SPLITS
from annotation.cot.wording import wording as _
from annotation.models import Project
from training.models import CATALOGUE, OWN, Checkpoint, RolloutBatch
from training.rollouts.batches import batch_create
from training.rollouts.catalogue.writer import WRITER
from training.rollouts.select import pairs_due_for_rollout
from training.rollouts.servers import chat_outbound
from training.serving.outbound import NotAllowed

_LONGEST_NAME = 200


def catalogue_writer() -> Checkpoint:
    """The one row of the writer that needs no model."""
    row, _created = Checkpoint.objects.get_or_create(
        name=WRITER, defaults={"path": CATALOGUE, "kind": Checkpoint.Kind.WRITER}
    )
    return row


def chat_writer(*, url: str, model: str, name: str = "") -> Checkpoint:
    """A chat model of an OpenAI-compatible server as a writer; repeating it is harmless. The
    name is "model at host" unless another one is given.

    Raises:
        Invalid: no model, the server may not be asked, or the name is a policy's.
    """
    url, model, name = url.strip(), model.strip(), name.strip()
    if not model:
        raise Invalid(_("name the model as the server calls it"))
    try:
        chat_outbound().name_check(url)
    except NotAllowed as error:
        raise Invalid(str(error)) from error
    name = name or f"{model} at {httpx.URL(url).netloc.decode()}"
    own = Checkpoint.objects.filter(kind=Checkpoint.Kind.WRITER).exclude(path=OWN)
    _name_check(name, own)
    row, _created = Checkpoint.objects.update_or_create(
        name=name,
        defaults={
            "path": url,
            "model_name": model,
            "kind": Checkpoint.Kind.WRITER,
            "style": "chat",
        },
    )
    return row


def own_writer(name: str = "") -> Checkpoint:
    """Whoever wrote the CoTs of a file; repeating it is harmless.

    Raises:
        Invalid: the name is another writer's or a policy's.
    """
    name = name.strip() or OWN
    own_name_check(name)
    row, _created = Checkpoint.objects.get_or_create(
        name=name, defaults={"path": OWN, "kind": Checkpoint.Kind.WRITER}
    )
    return row


def own_name_check(name: str) -> None:
    """
    Raises:
        Invalid: the name is another writer's or a policy's.
    """
    _name_check(name or OWN, Checkpoint.objects.filter(path=OWN))


def _name_check(name: str, same: QuerySet[Checkpoint]) -> None:
    """
    Raises:
        Invalid: it belongs to none of the ``same`` kind, or is too long.
    """
    taken = Checkpoint.objects.filter(name=name).exclude(pk__in=same)
    if name == WRITER or len(name) > _LONGEST_NAME or taken.exists():
        raise Invalid(_("the name '%(name)s' is taken or too long", name=name[:_LONGEST_NAME]))


def writer_start(
    *,
    project: Project,
    writer: Checkpoint,
    splits: Sequence[str] = SPLITS,
    pairs: int | None = None,
    temperature: float = 0.0,
    max_tokens: int = 1024,
    queue_limit: int | None = None,
) -> RolloutBatch:
    """One CoT for every pair of the splits that has none of this writer, at most ``pairs``,
    oldest first; the caller sends the task on commit.

    Raises:
        Invalid: no pair is left, or a number out of range.
    """
    due = pairs_due_for_rollout(project=project, policy=writer, splits=splits, limit=pairs)
    if not due:
        raise Invalid(
            _("there is no pair that %(name)s has not written about", name=writer.name)
        )
    return batch_create(
        project=project,
        policy=writer,
        pairs=due,
        n=1,
        temperature=temperature,
        top_k=0,
        max_tokens=max_tokens,
        queue_limit=queue_limit,
    )
