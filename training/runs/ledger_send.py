"""A rollout of an update, put before the annotators."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from annotation.cot.errors import Conflict, Invalid
from annotation.cot.wording import wording as _
from annotation.labelling.queue import queue_open
from annotation.labelling.rollouts import rollout_record
from annotation.models import QueueItem, Rollout
from training.job.config import RlConfig, load_config
from training.job.files import read_json
from training.job.folder import MANIFEST, RUN_TOML
from training.job.types import BadInput
from training.models import RewardGroup
from training.runs.ledger_select import group_line
from training.runs.snapshot import run_folder


@dataclass(frozen=True, slots=True)
class Sent:
    """``item`` is None where nothing is left to ask about the rollout."""

    rollout: Rollout
    item: QueueItem | None


@transaction.atomic
def rollout_send(*, group: RewardGroup, place: int) -> Sent:
    """Keep rollout ``place`` (from 0) of a group as one of the pair's and ask people what is
    still open of it. Sending it again adds nothing. Its policy is named after the run and the
    update, because no checkpoint wrote it.

    Raises:
        Conflict: the run's ledger is not here.
        Invalid: there is no such rollout, or people cannot judge it step by step.
    """
    line = group_line(group)
    if line is None:
        raise Conflict(
            _(
                "the texts of run %(run)s are not here: its ledger is gone or on another host",
                run=group.run_id,
            )
        )
    if not 0 <= place < line.group:
        raise Invalid(_("this group has rollouts 1 to %(n)s", n=line.group))
    if error := line.errors[place]:
        raise Invalid(
            _(
                "rollout %(n)s is not a five-step answer (%(error)s), so people cannot judge "
                "it step by step",
                n=place + 1,
                error=error,
            )
        )
    rl = _decoding(group)
    rollout = rollout_record(
        pair=group.pair,
        text=line.texts[line.which[place]],
        policy=f"run {group.run_id}, update {group.update}",
        prompt_version=_prompt_version(group),
        sample_index=line.which.index(line.which[place]),
        temperature=rl.temperature,
        seed=group.text_offset,  # of the ledger: two groups of an update may have one pair
        max_tokens=rl.max_tokens,
        layout=group.run.policy.layout,
    )
    return Sent(rollout, queue_open(rollout=rollout))


def _prompt_version(group: RewardGroup) -> str:
    """That of the run: its policy may have been registered anew since."""
    manifest = read_json(run_folder(group.run) / MANIFEST) or {}
    return str(manifest.get("prompt_version") or group.run.policy.prompt_version)


def _decoding(group: RewardGroup) -> RlConfig:
    try:
        return load_config(run_folder(group.run) / RUN_TOML).rl
    except BadInput:
        return RlConfig()
