"""Rollouts that the policy itself continues from a corrected claim (``guidance.py``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from annotation.cot.steps import STRUCTURED_KINDS
from training.job.types import Sample, ScoredRollout
from training.reward.rewards import RIGHT, HybridRewards
from training.rl.policy.context import context_of
from training.rl.policy.generate import Decoding, generate_ids, stream_seed
from training.rl.policy.model import Policy
from training.rl.policy.tokens import encode
from training.rl.select.guidance import corrected


@dataclass(frozen=True, slots=True)
class Guided:
    """``ids`` are the whole completion, EOS included."""

    ids: list[int]
    scored: ScoredRollout


@dataclass(slots=True)
class _Draft:
    sample: Sample
    text: str
    ids: list[int]


def guide(
    policy: Policy,
    judge: HybridRewards,
    decoding: Decoding,
    wrong: Sequence[tuple[Sample, str]],
    name: str,
) -> list[Guided | None]:
    """Each wrong rollout put right: up to its first wrong claim as it was, then the true claim,
    then as the policy goes on, as often as claims are wrong. None where the result is still
    not right or longer than ``decoding.max_tokens``. ``name`` seeds the random streams.
    """
    drafts = [_Draft(sample, text, []) for sample, text in wrong]
    left: Sequence[_Draft] = drafts
    for number in range(len(STRUCTURED_KINDS)):  # a round corrects one claim
        left = _continue(policy, judge, decoding, left, f"{name} guided {number}")
    scored = judge.score(
        [draft.sample for draft in drafts],
        [draft.text for draft in drafts],
        [policy.cut(draft.ids) for draft in drafts],
    )
    return [
        Guided(draft.ids, rollout)
        if 0 < len(draft.ids) <= decoding.max_tokens
        and rollout.outcome is not None
        and rollout.outcome >= RIGHT
        else None
        for draft, rollout in zip(drafts, scored, strict=True)
    ]


def _continue(
    policy: Policy,
    judge: HybridRewards,
    decoding: Decoding,
    drafts: Sequence[_Draft],
    name: str,
) -> list[_Draft]:
    """Correct the first wrong claim of each and write on; returns those that had one."""
    kept = []
    for draft in drafts:
        prefix = corrected(draft.text, judge.values(draft.sample), policy.layout)
        if prefix is None:
            continue
        ids = encode(policy.tokenizer, prefix)
        if len(ids) < decoding.max_tokens:  # a longer one stays wrong
            draft.ids = ids
            kept.append(draft)
    step = max(1, decoding.batch_size)
    for start in range(0, len(kept), step):
        part = kept[start : start + step]
        prompts = [
            policy.prompt_ids(policy.prompt(draft.sample.text)) + draft.ids for draft in part
        ]
        room = min(
            decoding.max_tokens - min(len(draft.ids) for draft in part),
            context_of(policy.model.config) - max(map(len, prompts)),
        )
        seeds = [[stream_seed(decoding.seed, name, start + n)] for n in range(len(part))]
        rows = generate_ids(policy, prompts, seeds, replace(decoding, n=1, max_tokens=room))
        for draft, ids in zip(part, rows, strict=True):
            draft.ids = draft.ids + ids
            draft.text = policy.tokenizer.decode(draft.ids, skip_special_tokens=True)
    return kept
