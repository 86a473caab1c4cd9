"""Models that somebody can name: the shipped one, a folder, an endpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings

from annotation.cot.errors import Invalid
from training.job.model_folder import (
    folder_problem,
    known_version,
    model_facts,
    prompt_version_of,
)
from training.job.prompts import NEWEST_PROMPT, PromptVersion
from training.job.types import BadInput
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
    prompt_version: str = "",
) -> Checkpoint:
    """Name a Hugging Face folder or an OpenAI-compatible endpoint; repeating it is harmless.

    ``style`` and ``layout`` default to what the folder's stepwise.json says; a model that does
    not say is a general one and gets the instruction prompt. ``prompt_version`` is for what
    says nothing of it: by default an endpoint that is named again keeps its own, and what is
    new reads the newest.

    Raises:
        Invalid: the folder holds no model that can be used here, it reads other prompts, or the
            endpoint may not be asked.
    """
    about = model_about(path)
    version = version_about(name, path, prompt_version)
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
            "prompt_version": version,
        },
    )
    return checkpoint


def version_about(name: str, path: str, given: str) -> PromptVersion:
    """The version of the prompts of what is to be registered; ``given`` "" is anybody's.

    Raises:
        Invalid: it is not known, or not the one that the folder says.
    """
    try:
        if _is_url(path):
            same = Checkpoint.objects.filter(name=name, path=path)
            kept = same.values_list("prompt_version", flat=True).first()
            return known_version(given or kept or NEWEST_PROMPT, name)
        return prompt_version_of(Path(path), known_version(given, name) if given else None)
    except BadInput as error:
        raise Invalid(str(error)) from error


def model_about(path: str) -> dict[str, Any]:
    """What a model folder says of itself (stepwise.json); {} for an endpoint.

    Raises:
        Invalid: the folder holds no model, says what is not known here, or the endpoint may not
            be asked.
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
    try:
        return model_facts(folder)
    except BadInput as error:
        raise Invalid(str(error)) from error


def _is_url(path: str) -> bool:
    return path.startswith(("http://", "https://"))
