"""``python -m training.rl.train RUN_DIR``: one run, from its folder to model/ and report.json.

The same command again goes on where a killed run stopped.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import torch
from transformers import set_seed

from training.job.config import RunConfig
from training.job.files import write_json
from training.job.folder import MODEL, REPORT, Exit, evaluation_file
from training.job.methods import METHODS
from training.job.prompts import PromptVersion, Style
from training.job.provenance import weights_sha256
from training.job.types import BadInput, Sample
from training.reward.noise import noisy
from training.rl.base.processes import is_main, join, leave, main_first
from training.rl.measure.evaluate import (
    Prediction,
    delta,
    held_out,
    predict,
    read_predictions,
    write_report,
)
from training.rl.method.layouts import laid_out
from training.rl.policy.context import room_check
from training.rl.policy.model import Policy, is_gguf, load_policy
from training.rl.policy.run_folder import (
    Cancelled,
    Run,
    dev_split,
    read_inputs,
    read_rules,
    record_trainer,
    run_prompt_version,
)

T = TypeVar("T")

Baseline = Callable[[Run], tuple[dict[str, Any], list[Prediction]]]


def train(folder: Path) -> None:
    """Raises BadInput for a folder that cannot be run and Cancelled when CANCEL appears."""
    if (folder / REPORT).exists():
        print("the run is already done", flush=True)
        return
    run = _open(folder)
    run.check_cancel()
    method = METHODS[run.config.method]
    train_by = method.load()
    if method.leaves == "report":
        _baseline(run, train_by)
        return
    with main_first():
        before = _evaluated(run, "before")
    facts = _timed(run, "training", lambda: train_by(run))
    model_facts = facts.pop("model_facts", None)
    if is_main():
        run.policy.save(folder / MODEL, model_facts)
        facts["model_sha256"] = weights_sha256(folder / MODEL)
    with main_first():
        after = _evaluated(run, "after")
    if is_main():
        write_json(folder / REPORT, _report(run, facts, before, after))
        print("done", flush=True)


def _open(folder: Path) -> Run:
    config, truths, train_samples, eval_samples = read_inputs(folder)
    version = run_prompt_version(folder, config)
    if is_main():
        record_trainer(folder, config, version)
    train_samples, dev = dev_split(folder, config, train_samples)
    truths, train_samples = noisy(
        truths, train_samples, config.rewards.label_noise, config.seed, read_rules(folder)
    )
    torch.set_num_threads(config.threads)
    set_seed(config.seed)
    policy = laid_out(_loaded(folder, config, version), config)
    _room_check(policy, config, train_samples, eval_samples)
    print(f"{config.method} from {config.policy}, seed {config.seed}", flush=True)
    return Run(folder, config, truths, train_samples, eval_samples, policy, dev)


def _loaded(folder: Path, config: RunConfig, version: PromptVersion) -> Policy:
    """The policy. Of one that is a GGUF file the plain weights are written into the run, from
    where its reference is loaded."""
    policy = load_policy(config.policy, style=_style(config), version=version)
    if is_gguf(policy.path):
        with main_first():
            if is_main():
                policy.model.save_pretrained(folder / "policy")
        policy.model.config._name_or_path = str(folder / "policy")
    return policy


def _room_check(
    policy: Policy, config: RunConfig, train: list[Sample], validation: list[Sample]
) -> None:
    """Before anything is sampled; raises BadInput where what will be does not fit."""
    method = METHODS[config.method]
    if method.leaves != "policy":
        return
    explored = train if config.fit.target == "cot" else []
    answered = held_out(validation, config.eval.limit)
    for setting, samples, tokens in (
        ("rl.max_tokens", explored, config.rl.max_tokens),
        ("eval.max_tokens", answered, config.eval.max_tokens),
    ):
        rows = [policy.prompt_ids(policy.prompt(sample.text)) for sample in samples]
        room_check(policy.model.config, rows, tokens, setting)


def _style(config: RunConfig) -> Style | None:
    """None for what the folder says; a reward model is asked outside of any chat."""
    if METHODS[config.method].leaves == "rm":
        return "bare"
    return None if config.style == "policy" else cast(Style, config.style)


def _baseline(run: Run, train_by: Baseline) -> None:
    """It answers without the policy and keeps its own model: there is nothing before training
    that could be compared with."""
    facts, answers = _timed(run, "training", lambda: train_by(run))
    _write_evaluation(run, "after", answers)
    write_json(run.folder / REPORT, _report(run, facts, [], answers))
    print("done", flush=True)


def _evaluated(run: Run, name: str) -> list[Prediction]:
    """Greedy predictions on the held-out pairs, and their report on disk; done once."""
    if METHODS[run.config.method].leaves == "rm":  # its measures on steps are in the report
        return []
    settings = run.config.eval
    samples = held_out(run.held_out, settings.limit)
    if (run.folder / evaluation_file(name)).exists():
        return read_predictions(run.folder, name, run.held_out)

    answer_only = name == "after" and run.config.fit.target == "answer"

    def progress(done: int, total: int) -> None:
        print(f"eval {name} {done}/{total}", flush=True)
        run.check_cancel()

    predictions = _timed(
        run,
        f"eval_{name}",
        lambda: predict(run.policy, samples, settings, progress, answer_only=answer_only),
    )
    _write_evaluation(run, name, predictions)
    return predictions


def _write_evaluation(run: Run, name: str, predictions: list[Prediction]) -> None:
    body = write_report(run.folder, name, predictions, run.config.eval.bootstrap)
    print(f"eval {name}: macro F1 {body['macro_f1']:.3f} on {body['n']} pairs", flush=True)


def _timed(run: Run, name: str, work: Callable[[], T]) -> T:
    started = time.monotonic()
    result = work()
    run.facts[name] = round(time.monotonic() - started, 1)
    return result


def _report(
    run: Run, facts: dict[str, Any], before: list[Prediction], after: list[Prediction]
) -> dict[str, Any]:
    """``seconds`` are of this attempt; a phase that an earlier attempt did is absent."""
    body = {
        "method": run.config.method,
        "seed": run.config.seed,
        "seconds": round(sum(run.facts.values()), 1),
        "phases": run.facts,
        **facts,
    }
    if before and after:
        body["eval_delta"] = delta(before, after, run.config.eval.bootstrap)
        print(f"macro F1 {body['eval_delta']['macro_f1']:+.3f}", flush=True)
    return body


def main(argv: list[str]) -> int:
    """The exit code of docs/formats.md."""
    if len(argv) != 1:
        print("usage: python -m training.rl.train RUN_DIR", file=sys.stderr)
        return Exit.BAD_INPUT
    try:
        join()
        train(Path(argv[0]))
    except Cancelled:
        print("cancelled; the same command goes on from here", flush=True)
        return Exit.CANCELLED
    except BadInput as error:
        print(error, file=sys.stderr)
        return Exit.BAD_INPUT
    finally:
        leave()
    return Exit.DONE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
