"""Which client a checkpoint is sampled with."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from training.models import Checkpoint
from training.rollouts.servers import outbound
from training.serving.policy_client import LocalPolicy, PolicyClient
from training.serving.policy_http import HttpPolicy, answers_for, served_models


def policy_client(checkpoint: Checkpoint, job_dir: Path) -> PolicyClient:
    """HTTP for an endpoint, and for a folder that the installation's server has loaded; else a
    local process over ``job_dir``.

    Raises:
        PolicyError: the installation names a server and it does not answer.
    """
    may, chat = outbound(), checkpoint.prompt_style == "chat"
    if checkpoint.is_remote:
        return HttpPolicy(
            checkpoint.path, checkpoint.model_name or checkpoint.name, outbound=may, chat=chat
        )
    url, name = settings.POLICY_URL, checkpoint.model_name or checkpoint.path
    if url and answers_for(served_models(url, outbound=may), name, checkpoint.path):
        return HttpPolicy(url, name, outbound=may, own=True, chat=chat)
    return LocalPolicy(
        checkpoint.path,
        job_dir,
        settings.RL_PYTHON,
        threads=settings.TORCH_THREADS,
        style=checkpoint.prompt_style,
    )
