"""The rm and rm_scalar methods: fit the stepwise reward model on labels.jsonl, with a critique
and a verdict in words, or with one linear unit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from training.reward.reliable import kappas_of
from training.rl.base.callbacks import RunCallback
from training.rl.policy.context import fitting
from training.rl.policy.fit import fit
from training.rl.policy.run_folder import Cancelled, Run
from training.rl.policy.scale import settle
from training.rl.policy.tokens import prompt_ids
from training.rl.reward_model.judge import StepJudge, judge_facts
from training.rl.reward_model.model import RewardModel, fit_example
from training.rl.reward_model.rm_scalar import fit_scalar
from training.rl.reward_model.rm_train import (
    RmData,
    held_out_report,
    measure,
    prior_shift,
    rm_data,
)


def train_rm(run: Run) -> dict[str, Any]:
    """Returns facts for report.json; ``rm`` holds the held-out metrics and the calibration
    goes into stepwise.json."""
    data = _data(run)
    examples, counts = fitting(
        run.policy.model.config,
        run.config.fit.max_tokens,
        {"trained_on": [fit_example(run.policy.tokenizer, e) for e in data.fitted]},
        len,
    )
    callback = RunCallback(run.folder)
    config = run.config
    trainer = fit(
        run.policy, examples, config.fit, run.folder, config.seed, [callback], config.trainer
    )
    if not callback.cancelled:
        settle(run, trainer)
    judge = RewardModel(run.policy, batch_size=run.config.eval.batch_size)
    return _finished(run, judge, data, callback, counts)


def train_rm_scalar(run: Run) -> dict[str, Any]:
    """The same data, split and measures for the model with a scalar head; facts as train_rm."""
    data, config = _data(run), run.config
    callback = RunCallback(run.folder)
    tokenizer = run.policy.tokenizer
    rows, counts = fitting(
        run.policy.model.config,
        config.fit.max_tokens,
        {"trained_on": [(prompt_ids(tokenizer, e.prompt), e.correct) for e in data.fitted]},
        lambda row: len(row[0]),
    )
    judge = fit_scalar(
        run.policy,
        rows,
        config.fit,
        run.folder,
        config.seed,
        [callback],
    )
    judge.batch_size = config.eval.batch_size
    run.policy = replace(run.policy, model=judge.model)  # what the run leaves in model/
    return _finished(run, judge, data, callback, counts, head="scalar")


def _data(run: Run) -> RmData:
    return rm_data(
        run.labels(), run.policy.layout, run.policy.prompt_version, run.config.fit.holdout
    )


def _finished(
    run: Run,
    judge: StepJudge,
    data: RmData,
    callback: RunCallback,
    counts: dict[str, int],
    **notes: Any,
) -> dict[str, Any]:
    if callback.cancelled:
        raise Cancelled
    judge.prior_shift = prior_shift(data.train, data.balanced)
    steps = measure(judge, data.validation, run.config)
    held_out = held_out_report(steps, run.config)
    judge.kappa = kappas_of(held_out)
    report = {**data.counts(), **counts, "held_out": held_out}
    return {"rm": report, "model_facts": judge_facts(judge, **notes)}
