"""Which client a checkpoint is sampled with."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from training.models import Checkpoint
from training.policy_client import LocalPolicy, PolicyClient
from training.policy_http import HttpPolicy


def policy_client(checkpoint: Checkpoint, job_dir: Path) -> PolicyClient:
    """HTTP for a checkpoint whose path is a URL, else a local process over ``job_dir``."""
    if checkpoint.is_remote:
        return HttpPolicy(
            checkpoint.path,
            checkpoint.model_name or checkpoint.name,
            api_key=settings.POLICY_API_KEY,
        )
    return LocalPolicy(
        checkpoint.path, job_dir, settings.RL_PYTHON, threads=settings.TORCH_THREADS
    )
