"""DPO: verified rollouts against ones whose tier is wrong, or pass@N pairs (TaoSR1)."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from datasets import Dataset
from trl import DPOConfig, DPOTrainer

from training.job.types import BadInput, Sample
from training.rl.base.callbacks import RunCallback
from training.rl.method.sft import reference_text, verified
from training.rl.policy.comparable import train_comparable
from training.rl.policy.context import fitting
from training.rl.policy.fit import common_arguments
from training.rl.policy.model import Policy
from training.rl.policy.run_folder import Cancelled, Run
from training.rl.policy.scale import adapter, settle
from training.rl.policy.tokens import encode
from training.rl.select.explore import (
    Explored,
    by_outcome,
    explore,
    explore_decoding,
    verifier_rewards,
)
from training.rl.select.guided import guide
from training.rl.select.pass_at_n import pass_curve, wrong_rollouts
from training.rl.select.pass_at_n import preferences as pass_at_n_preferences

_PER_PAIR = 4


def train_dpo(run: Run) -> dict[str, Any]:
    """Returns facts for report.json.

    Raises:
        BadInput: no pair has both a verified and a refuted rollout.
    """
    explored = explore(run)
    curve = pass_curve([[r.outcome for r in rollouts] for _, rollouts in explored])
    print("pass@1..N " + " ".join(f"{value:.3f}" for value in curve), flush=True)
    if run.config.fit.pairs == "pass_at_n":
        groups = pass_at_n_groups(run, explored)
    else:
        groups = {"chosen_own": preferences(explored, run.policy)}
    if not any(groups.values()):
        raise BadInput("no pair has both a right and a wrong rollout: nothing to prefer")
    rows, counts = fitting(
        run.policy.model.config,
        run.config.fit.max_tokens,
        {name: encoded(run.policy, group) for name, group in sorted(groups.items())},
        _length,
    )
    _train(run, rows)
    counts = {"preferences": len(rows), **counts}
    return {"samples": counts, "pass_at": [round(value, 4) for value in curve]}


class EncodedDPOTrainer(DPOTrainer):
    """Rows come as ids: TRL would encode prompt and completion as one text, with other merges
    and other first tokens than sampling has."""

    def _prepare_dataset(self, dataset: Dataset, *args: Any, **kwargs: Any) -> Dataset:
        return dataset


def encoded(policy: Policy, rows: list[dict[str, str]]) -> list[dict[str, list[int]]]:
    """TRL's tokenised preference rows."""
    eos = int(policy.tokenizer.eos_token_id)
    return [
        {
            "prompt_ids": policy.prompt_ids(row["prompt"]),
            "chosen_ids": [*encode(policy.tokenizer, row["chosen"]), eos],
            "rejected_ids": [*encode(policy.tokenizer, row["rejected"]), eos],
        }
        for row in rows
    ]


def _length(row: dict[str, list[int]]) -> int:
    return len(row["prompt_ids"]) + max(len(row["chosen_ids"]), len(row["rejected_ids"]))


def _train(run: Run, rows: list[dict[str, list[int]]]) -> None:
    config = run.config.fit
    callback = RunCallback(run.folder)
    trainer = EncodedDPOTrainer(
        model=run.policy.model,
        args=DPOConfig(
            **common_arguments(
                run.folder,
                run.config.seed,
                config.learning_rate,
                config.save_every,
                run.config.trainer,
            ),
            num_train_epochs=config.epochs,
            per_device_train_batch_size=config.batch_size,
            beta=config.beta,
            max_length=None,  # nothing is longer, and nothing is cut
        ),
        train_dataset=Dataset.from_list(rows),
        processing_class=run.policy.tokenizer,
        callbacks=[callback],
        peft_config=adapter(run.config.trainer, run.policy.model),
    )
    train_comparable(trainer, run)
    if callback.cancelled:
        raise Cancelled
    settle(run, trainer)


def preferences(explored: Explored, policy: Policy) -> list[dict[str, str]]:
    """TRL's preference rows: at most four (chosen, rejected) a pair."""
    rows = []
    for sample, rollouts in explored:
        chosen, rejected = by_outcome(rollouts)
        for good, bad in list(zip(chosen, rejected, strict=False))[:_PER_PAIR]:
            prompt = policy.prompt(sample.text)
            rows.append({"prompt": prompt, "chosen": good.text, "rejected": bad.text})
    return rows


def pass_at_n_groups(run: Run, explored: Explored) -> dict[str, list[dict[str, str]]]:
    """TRL's preference rows after TaoSR1, by where their chosen texts come from."""
    references = {
        label.sample.pair_id: text
        for label in run.labels()
        if verified(label) and (text := reference_text(label, run.policy.layout))
    }
    guided = _guided(run, [(s, r) for s, r in explored if s.pair_id not in references])
    groups: dict[str, list[dict[str, str]]] = defaultdict(list)
    for sample, rollouts in explored:
        pairs = pass_at_n_preferences(
            rollouts,
            references.get(sample.pair_id),
            guided.get(sample.pair_id, []),
            _PER_PAIR,
        )
        for pair in pairs:
            prompt = run.policy.prompt(sample.text)
            row = {"prompt": prompt, "chosen": pair.chosen, "rejected": pair.rejected}
            groups[f"chosen_{pair.origin}"].append(row)
    return groups


def _guided(run: Run, explored: Explored) -> dict[str, list[str]]:
    """By pair that no rollout got right: its wrong rollouts put right, "" where that failed."""
    wrong: list[tuple[Sample, str]] = []
    for sample, rollouts in explored:
        refuted = wrong_rollouts(rollouts)
        if not any(rollout.outcome == 1 for rollout in rollouts):
            wrong += [(sample, rollout.text) for rollout in refuted[:_PER_PAIR]]
    judge, decoding = verifier_rewards(run), explore_decoding(run)
    by_pair: dict[str, list[str]] = {}
    for (sample, _), better in zip(
        wrong, guide(run.policy, judge, decoding, wrong, "pass@N"), strict=True
    ):
        texts = by_pair.setdefault(sample.pair_id, [])
        texts.append("" if better is None else better.scored.text)
    return by_pair
