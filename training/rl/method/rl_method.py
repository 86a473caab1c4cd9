"""SRPO, GRPO and AGRL: explore, select, order, train. They differ in the trainer class and in
what the settings turn on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from annotation.cot.steps import OPEN_KINDS
from training.job.advantages import Normalise
from training.job.checkpoints import checkpoint_state, newest_checkpoint
from training.job.types import BadInput, Sample
from training.reward.credit import credit_of, rewards_of
from training.reward.rewards import HybridRewards, StepScorer
from training.reward.sources import by_kind, by_source, human_share, reused_share
from training.rl.base.callbacks import RunCallback
from training.rl.base.processes import world_size
from training.rl.measure.curve import curve_callbacks, curve_facts
from training.rl.measure.evaluate import predict
from training.rl.method.grpo import GRPOOutcomeTrainer
from training.rl.method.ledger_writer import ledger_writer
from training.rl.method.srpo import SRPOConfig, SRPOTrainer
from training.rl.policy.comparable import train_comparable
from training.rl.policy.fit import common_arguments, rl_arguments
from training.rl.policy.generate import Decoding
from training.rl.policy.local_rollouts import local_rollouts
from training.rl.policy.run_folder import Cancelled, Run
from training.rl.policy.scale import (
    adapter,
    sampler_arguments,
    sampler_line,
    sampler_of,
    settle,
)
from training.rl.reward_model.rm_http import load_judge
from training.rl.select.curriculum import Curriculum
from training.rl.select.explore import explore, verifier_rewards
from training.rl.select.planned import PlannedRollouts
from training.rl.select.sampling import Selection, label_cv, select


def train_srpo(run: Run) -> dict[str, Any]:
    """Step rewards, step advantages (SHE Eq. 5, 6). Returns facts for report.json."""
    return train_policy(run, SRPOTrainer)


def train_grpo(run: Run) -> dict[str, Any]:
    """One outcome reward a rollout, on the same prompts and settings."""
    return train_policy(run, GRPOOutcomeTrainer)


def train_policy(run: Run, trainer_class: type[SRPOTrainer]) -> dict[str, Any]:
    """The run of every RL method. Returns facts for report.json."""
    config = run.config
    selection = select(explore(run), config.sampling, config.seed)
    print(f"selected {selection.counts}", flush=True)
    curriculum = Curriculum(
        selection.kept,
        config.curriculum,
        updates=config.rl.updates,
        prompts=config.rl.prompts,
        seed=config.seed,
        probe=lambda samples: outcome_rate(run, samples),
    )
    rewards = hybrid_rewards(run)
    sampler = sampler_of(config.trainer, config.rl.planned)
    if line := sampler_line(sampler):
        print(line, flush=True)
    trainer = trainer_class(
        run.policy.model,
        args=srpo_arguments(run),
        schedule=curriculum,
        scorer=rewards.score,
        prompt_of=lambda sample: run.policy.prompt(sample.text),
        processing_class=run.policy.tokenizer,
        rollout_func=local_rollouts(run.policy, _decoding(run)) if sampler == "ours" else None,
        credit=credit_of(config, run.rules(), stepwise=not outcome_only(trainer_class)),
        planner=_planner(run, curriculum),
        peft_config=adapter(config.trainer, run.policy.model),
        prompt_ids=run.policy.prompt_ids,
        ledger=ledger_writer(run),
    )
    callback = RunCallback(
        run.folder,
        state=lambda: {"curriculum": curriculum.state_dict(), "sources": trainer.sources},
        stage=curriculum.stage,
    )
    for each in (callback, *curve_callbacks(run, config.rl.prompts * config.rl.group)):
        trainer.add_callback(each)
    resume = newest_checkpoint(run.folder)
    if resume:
        state = checkpoint_state(resume)
        curriculum.load_state_dict(state["curriculum"])
        trainer.sources.update(state["sources"])
    train_comparable(trainer, run)
    if callback.cancelled:
        raise Cancelled
    settle(run, trainer)
    return _facts(run, trainer, selection, curriculum)


def _facts(
    run: Run, trainer: SRPOTrainer, selection: Selection, curriculum: Curriculum
) -> dict[str, Any]:
    sources = by_source(trainer.sources)
    return {
        "samples": selection.counts,
        "label_cv": round(label_cv(selection.kept), 4),
        "step_reward_sources": sources,
        "step_reward_sources_by_kind": by_kind(trainer.sources),
        "reused_share": {
            f"{kind:d}": reused_share(trainer.sources, [kind]) for kind in OPEN_KINDS
        },
        "human_share": human_share(sources),
        "updates": trainer.state.global_step,
        **curve_facts(run),
        **({"gates": curriculum.gates} if curriculum.gates else {}),
    }


def hybrid_rewards(run: Run) -> HybridRewards:
    """The step rewards of ``[rewards]``, with the run's reward model if it names one."""
    config = run.config
    scorer: StepScorer | None = None
    if config.rm:
        scorer = load_judge(config.rm, config.rewards.server, config.eval.batch_size)
    return rewards_of(config, run.truths, run.rules(), run.policy.layout, scorer)


def outcome_rate(run: Run, samples: Sequence[Sample]) -> float:
    """Share of right greedy answers among those whose truth is known: a gate's metric."""
    answers = predict(run.policy, samples, run.config.eval)
    judge = verifier_rewards(run)
    texts, cut = [a.text for a in answers], [a.cut for a in answers]
    scored = judge.score(samples, texts, cut)
    known = [rollout.outcome for rollout in scored if rollout.outcome is not None]
    rate = sum(known) / len(known) if known else 0.0
    print(f"gate: {rate:.3f} of {len(known)} held-out prompts are right", flush=True)
    return rate


def srpo_arguments(run: Run) -> SRPOConfig:
    """run.toml's ``[rl]`` as TRL's arguments, for any number of processes."""
    rl, seed, extra = run.config.rl, run.config.seed, run.config.trainer
    if rl.micro_batch % world_size():
        raise BadInput(f"rl.micro_batch {rl.micro_batch}: not a multiple of the processes")
    return SRPOConfig(
        **common_arguments(run.folder, seed, rl.learning_rate, rl.save_every, extra),
        **sampler_arguments(extra, rl.planned),
        # the rewards are per step: TRL's own scaling of the outcome is replaced
        **rl_arguments(rl),
        per_device_train_batch_size=rl.micro_batch // world_size(),
        max_completion_length=rl.max_tokens,
        top_k=rl.top_k,
        shuffle_dataset=False,  # a slot's number is its update: the curriculum is the order
        gamma=rl.gamma,
        step_normalise=cast(Normalise, rl.normalise),
        length_weight=rl.length_weight,
        advantage_clamp=rl.clamp,
        layout=run.policy.layout,
    )


def _planner(run: Run, curriculum: Curriculum) -> PlannedRollouts | None:
    """Raises BadInput where several processes would each look at a part of the groups."""
    rl = run.config.rl
    if not rl.planned:
        return None
    if run.config.trainer.sampler not in ("auto", "ours"):
        raise BadInput("rl.replay and rl.dynamic sample by themselves: trainer.sampler 'ours'")
    if _many():
        raise BadInput("rl.replay and rl.dynamic need one process: they look at whole groups")
    judge = verifier_rewards(run)
    return PlannedRollouts(run.policy, _decoding(run), rl, judge, curriculum)


def outcome_only(trainer_class: type[SRPOTrainer]) -> bool:
    return issubclass(trainer_class, GRPOOutcomeTrainer)


def _many() -> bool:
    return world_size() > 1


def _decoding(run: Run) -> Decoding:
    rl = run.config.rl
    return Decoding(
        n=rl.group,
        temperature=rl.temperature,
        top_k=rl.top_k,
        max_tokens=rl.max_tokens,
        batch_size=run.config.sampling.batch_size,
        seed=run.config.seed,
    )
