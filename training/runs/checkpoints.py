"""Models that somebody can name: the shipped one, a folder, an endpoint."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from annotation.cot.errors import Invalid
from training.job.files import read_json
from training.job.folder import MODEL_FACTS
from training.job.model_folder import folder_problem
from training.models import Checkpoint
from training.rollouts.servers import outbound
from training.serving.outbound import NotAllowed


def seed_policy() -> Checkpoint:
    """The checkpoint row of the policy that is shipped, so that rollouts exist at once.

    Raises:
        Invalid: its folder is missing.
    """
    return checkpoint_register(name="seed", path=str(settings.SEED_POLICY))


def checkpoint_register(
    *,
    name: str,
    path: str,
    kind: str = Checkpoint.Kind.POLICY,
    model_name: str = "",
    style: str = "",
    layout: str = "",
) -> Checkpoint:
    """Name a Hugging Face folder or an OpenAI-compatible endpoint; repeating it is harmless.

    ``style`` and ``layout`` default to what the folder's stepwise.json says; a model that does
    not say is a general one and gets the instruction prompt.

    Raises:
        Invalid: the folder holds no model that can be used here, or the endpoint may not be
            asked.
    """
    about = model_about(path)
    if not _is_url(path):
        path = str(Path(path).resolve())
    checkpoint, _ = Checkpoint.objects.update_or_create(
        name=name,
        defaults={
            "path": path,
            "kind": kind,
            "model_name": model_name,
            "style": style or about.get("style", "instruct"),
            "layout": layout or about.get("layout", "answer_last"),
        },
    )
    return checkpoint


def model_about(path: str) -> dict[str, str]:
    """What a model folder says of itself (stepwise.json); {} for an endpoint.

    Raises:
        Invalid: the folder holds no model, or the endpoint may not be asked.
    """
    if _is_url(path):
        try:
            outbound().name_check(path)
        except NotAllowed as error:
            raise Invalid(str(error)) from error
        return {}
    folder = Path(path)
    if problem := folder_problem(folder):
        raise Invalid(problem)
    return read_json(folder / MODEL_FACTS) or {}


def _is_url(path: str) -> bool:
    return path.startswith(("http://", "https://"))
