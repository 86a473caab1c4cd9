"""The pair record of docs/formats.md, from database rows."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from annotation.cot.errors import Invalid
from annotation.models import Pair
from training.job.model_folder import known_version, prompt_version_of
from training.job.prompts import PairText, PromptVersion, policy_prompt
from training.job.types import BadInput
from training.models import Checkpoint


def pair_record(pair: Pair) -> dict[str, Any]:
    """One JSON object a pair; ``pair.product`` should be loaded. A repeated attribute name
    keeps all its values, joined by ", ". ``context`` goes into the hashes of its steps."""
    product = pair.product
    return {
        "pair_id": str(pair.pk),
        "context": pair.content_hash,
        "query": pair.query,
        "query_type": pair.query_type,
        "locale": pair.locale,
        "title": product.title,
        "category_path": product.category_path,
        "attributes": _attributes(product.attributes),
        "description": product.description,
        "split": pair.split,
    }


def pair_text(pair: Pair) -> PairText:
    """What a model may see of the pair."""
    product = pair.product
    return PairText(
        query=pair.query,
        title=product.title,
        category_path=product.category_path,
        attributes=_attributes(product.attributes),
        description=product.description,
    )


def prompts_read(policy: Checkpoint, pairs: Iterable[Pair]) -> list[str]:
    """What the policy is asked about each of the pairs.

    Raises:
        Invalid: see :func:`prompt_version_read`.
    """
    version = prompt_version_read(policy)
    return [
        policy_prompt(
            pair_text(pair), policy.prompt_style, version=version, layout=policy.prompt_layout
        )
        for pair in pairs
    ]


def prompt_version_read(checkpoint: Checkpoint) -> PromptVersion:
    """Which prompts a policy or a reward model reads: its row's, which its folder must not
    contradict where that is here.

    Raises:
        Invalid: it does, or the version is not known.
    """
    try:
        version = known_version(checkpoint.prompt_version, checkpoint.name)
        return prompt_version_of(Path(checkpoint.path), version)
    except BadInput as error:
        raise Invalid(str(error)) from error


def _attributes(rows: list[list[str]]) -> dict[str, str]:
    merged: dict[str, str] = {}
    for name, value in rows:
        merged[name] = f"{merged[name]}, {value}" if name in merged else str(value)
    return merged
