"""Which client a checkpoint is sampled with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from annotation.cot.rules import parse_rules
from annotation.cot.steps import Layout
from annotation.models import Pair, Project
from training.models import CATALOGUE, Checkpoint, RolloutBatch
from training.rollouts.catalogue.client import CatalogueWriter
from training.rollouts.catalogue.writer import VERSION
from training.rollouts.chat.client import ChatWriter
from training.rollouts.chat.instruction import VERSION as CHAT_VERSION
from training.rollouts.records import pair_record, prompt_version_read, prompts_read
from training.rollouts.select import brands_of
from training.rollouts.servers import chat_outbound, outbound
from training.serving.policy_client import LocalPolicy, PolicyClient
from training.serving.policy_http import HttpPolicy, answers_for, served_models


def policy_client(checkpoint: Checkpoint, job_dir: Path, project: Project) -> PolicyClient:
    """The catalogue writer where it is chosen; HTTP for an endpoint, and for a folder that the
    installation's server has loaded; else a local process over ``job_dir``.

    Raises:
        PolicyError: the installation names a server and it does not answer.
    """
    if checkpoint.path == CATALOGUE:
        rules, brands = parse_rules(project.rules), brands_of(project)
        return CatalogueWriter(rules, project.cot_layout, brands)
    if checkpoint.kind == Checkpoint.Kind.WRITER:
        return ChatWriter(
            checkpoint.path,
            checkpoint.model_name,
            outbound=chat_outbound(),
            guideline=project.guideline,
            rules=parse_rules(project.rules),
            layout=project.cot_layout,
        )
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


def batch_format(batch: RolloutBatch) -> tuple[Layout, str]:
    """The layout that the rollouts have, and the version of what they are asked with. A writer
    serves every project and writes as each one reads.

    Raises:
        Invalid: see :func:`batch_prompts`.
    """
    if batch.policy.kind == Checkpoint.Kind.WRITER:
        version = VERSION if batch.policy.path == CATALOGUE else CHAT_VERSION
        return batch.project.cot_layout, version
    return batch.policy.prompt_layout, prompt_version_read(batch.policy)


def batch_prompts(batch: RolloutBatch, pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    """The records that a client is given, for a policy with its prompt. A writer has words of
    its own.

    Raises:
        Invalid: the policy's folder reads prompts of another version, or an unknown one.
    """
    records = [pair_record(pair) for pair in pairs]
    if batch.policy.kind == Checkpoint.Kind.WRITER:
        return records
    prompts = prompts_read(batch.policy, pairs)
    return [{**row, "prompt": text} for row, text in zip(records, prompts, strict=True)]
