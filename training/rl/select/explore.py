"""What the policy does on the training pairs before it is trained: n rollouts a pair, scored.

The texts are kept in explored.jsonl, so that a restarted run does not sample them again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from training.job.files import append_jsonl, resume_jsonl
from training.job.folder import EXPLORED
from training.job.types import Sample, ScoredRollout
from training.reward.credit import rewards_of
from training.reward.rewards import HybridRewards
from training.rl.base.processes import main_first
from training.rl.policy.generate import Decoding, generate_batches
from training.rl.policy.run_folder import Run

Explored = list[tuple[Sample, list[ScoredRollout]]]


def explore(run: Run) -> Explored:
    """Every training pair with its scored rollouts; no reward model is asked here, because
    selection looks at outcomes."""
    with main_first():
        texts = explored_texts(run)
    rewards = verifier_rewards(run)
    scored: Explored = []
    for sample in run.train:
        rollouts = texts[sample.pair_id]
        whole = [sample] * len(rollouts)
        scored.append(
            (
                sample,
                rewards.score(whole, [t for t, _ in rollouts], [cut for _, cut in rollouts]),
            )
        )
    return scored


def explored_texts(run: Run) -> dict[str, list[tuple[str, bool]]]:
    """pair_id to its rollouts, drawn or read back: (text, whether its budget ended it)."""
    path = run.folder / EXPLORED
    texts = {
        row["pair_id"]: list(zip(row["texts"], row["cut"], strict=True))
        for row in resume_jsonl(path)
        if "cut" in row  # a file of an earlier version did not say
    }
    due = [sample for sample in run.train if sample.pair_id not in texts]
    decoding = explore_decoding(run)
    prompts = [run.policy.prompt(sample.text) for sample in due]
    for batch in generate_batches(run.policy, prompts, decoding):
        run.check_cancel()
        explored = {
            due[index].pair_id: [(c.text, c.finish == "length") for c in done]
            for index, done in batch
        }
        rows = [
            {"pair_id": key, "texts": [t for t, _ in value], "cut": [cut for _, cut in value]}
            for key, value in explored.items()
        ]
        append_jsonl(path, rows)
        texts.update(explored)
        print(f"explored {len(texts)}/{len(run.train)} pairs", flush=True)
    return texts


def verifier_rewards(run: Run) -> HybridRewards:
    """Rewards without a reward model: what the truth says. Texts of steps 1-2 that nobody has
    judged are masked."""
    rewards = rewards_of(run.config, run.truths, run.rules(), run.policy.layout)
    return rewards if rewards.mode == "implied" else replace(rewards, mode="hybrid")


def explore_decoding(run: Run) -> Decoding:
    """``[sampling]``: n rollouts a pair."""
    settings = run.config.sampling
    return Decoding(
        n=settings.rollouts,
        temperature=settings.temperature,
        top_k=settings.top_k,
        max_tokens=run.config.rl.max_tokens,
        batch_size=settings.batch_size,
        seed=run.config.seed,
    )


def by_outcome(
    rollouts: Sequence[ScoredRollout],
) -> tuple[list[ScoredRollout], list[ScoredRollout]]:
    """(verified, refuted), texts once each: verified = no step is known to be
    wrong and the tier is known; refuted = the tier is wrong."""
    once: dict[str, ScoredRollout] = {rollout.text: rollout for rollout in rollouts}
    groups: dict[bool, list[ScoredRollout]] = defaultdict(list)
    for rollout in once.values():
        if rollout.outcome == 0:
            groups[False].append(rollout)
        elif rollout.outcome is not None and not any(
            reward.refuted for reward in rollout.rewards.values()
        ):
            groups[True].append(rollout)
    return groups[True], groups[False]
