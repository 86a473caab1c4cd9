"""The run folder of docs/formats.md as the trainer reads it: checked once, before any work."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annotation.cot.rules import DEFAULT_RULES, Rules, RulesError, parse_rules
from annotation.cot.steps import StepKind
from training.job.config import RunConfig, load_config, resolved
from training.job.data import read_labels, read_samples
from training.job.files import file_sha256, write_json
from training.job.folder import (
    CANCEL,
    DEV,
    EVAL,
    LABELS,
    MANIFEST,
    RULES,
    RUN_TOML,
    TRAIN,
    TRUTH,
    input_hashes,
)
from training.job.methods import METHODS
from training.job.model_folder import known_version, prompt_version_of
from training.job.prompts import PromptVersion
from training.job.provenance import code_version, package_versions, weights_sha256
from training.job.shuffle import kept_apart
from training.job.types import BadInput, LabelledRollout, Sample
from training.rl.policy.model import Policy
from verifier.truth import TruthError, TruthTable, load


class Cancelled(Exception):
    """CANCEL appeared; the run can be resumed."""


@dataclass(slots=True)
class Run:
    """One run: its inputs, the policy being trained and the facts for report.json."""

    folder: Path
    config: RunConfig
    truths: TruthTable
    train: list[Sample]
    held_out: list[Sample]
    policy: Policy
    dev: list[Sample] = field(default_factory=list)  # of the learning curve
    facts: dict[str, Any] = field(default_factory=dict)

    def labels(self) -> list[LabelledRollout]:
        """labels.jsonl; empty when the folder has none."""
        path = self.folder / LABELS
        return read_labels(path) if path.exists() else []

    def rules(self) -> Rules:
        return read_rules(self.folder)

    def check_cancel(self) -> None:
        """Raises Cancelled once the launcher asked for it."""
        if (self.folder / CANCEL).exists():
            raise Cancelled


def read_rules(folder: Path) -> Rules:
    """rules.toml, or the default table when the folder has none; raises BadInput."""
    path = folder / RULES
    text = path.read_text(encoding="utf-8") if path.exists() else DEFAULT_RULES
    try:
        return parse_rules(text)
    except RulesError as error:
        raise BadInput(f"rules.toml: {error}") from error


def read_inputs(folder: Path) -> tuple[RunConfig, TruthTable, list[Sample], list[Sample]]:
    """Configuration, truth, train and held-out pairs.

    Raises:
        BadInput: something is missing, malformed, or not what the snapshot wrote.
    """
    config = load_config(folder / RUN_TOML)
    _check_manifest(folder)
    try:
        truths = load(folder / TRUTH)
    except TruthError as error:
        raise BadInput(f"truth.json: {error}") from error
    except OSError as error:
        raise BadInput(f"truth.json: {error.strerror or error}") from error
    if METHODS[config.method].leaves == "rm":
        return config, truths, [], []
    train = read_samples(folder / TRAIN)
    held_out = read_samples(folder / EVAL)
    if not train:
        raise BadInput("train.jsonl: no pairs to train on")
    overlap = {s.text.query for s in train} & {s.text.query for s in held_out}
    if overlap:
        raise BadInput(
            f"{len(overlap)} queries are in both train.jsonl and eval.jsonl, "
            f"for example '{min(overlap)}': the evaluation would not be held out"
        )
    return config, truths, train, held_out


def dev_split(
    folder: Path, config: RunConfig, train: list[Sample]
) -> tuple[list[Sample], list[Sample]]:
    """(to train on, of the learning curve): dev.jsonl where the folder has one, else whole
    queries of ``train``, each by its hash, so that a restart splits alike. A method without a
    curve trains on all.

    Raises:
        BadInput: a curve is wanted, and there is nothing to draw it on or to train on.
    """
    if not (config.eval.curve_every and METHODS[config.method].reads_key("eval.curve_every")):
        return train, []
    if (folder / DEV).exists():
        return train, read_samples(folder / DEV)
    share = config.eval.dev_share
    if not share:
        raise BadInput(
            "eval.curve_every: set eval.dev_share, the share of the training queries to draw on"
        )
    rest, dev = kept_apart(train, lambda sample: sample.text.query, "dev", share)
    known = [sample for sample in dev if sample.best(StepKind.FINAL)]
    if not (rest and known):
        queries = len({sample.text.query for sample in train})
        raise BadInput(f"eval.dev_share {share:g}: {queries} queries are too few to split")
    return rest, known


def run_prompt_version(folder: Path, config: RunConfig) -> PromptVersion:
    """Which prompts the run works with from its first start to its last: those that run.toml
    names, else those that it was started with (an earlier trainer knew version 1 alone and
    kept none) or its snapshot was written for, else its policy's.

    Raises:
        BadInput: the policy reads another one, or one that is not known.
    """
    wanted, manifest = config.prompt_version, _manifest(folder)
    if wanted == "policy" and "trainer" in manifest:
        wanted = manifest["trainer"].get("prompt_version", "1")
    elif wanted == "policy":
        wanted = manifest.get("prompt_version", "policy")
    named = None if wanted == "policy" else known_version(wanted, MANIFEST)
    return prompt_version_of(Path(config.policy), named)


def record_trainer(folder: Path, config: RunConfig, version: PromptVersion) -> None:
    """Add to manifest.json what runs: code, packages, data, models, the prompts' version,
    resolved configuration.

    Raises:
        BadInput: a model is not the one that the run was started with.
    """
    manifest = _manifest(folder)
    models = {
        name: {"path": path, "sha256": weights_sha256(Path(path))}
        for name, path in (("policy", config.policy), ("rm", config.rm))
        if path
    }
    for name, earlier in manifest.get("trainer", {}).get("models", {}).items():
        if name in models and models[name]["sha256"] != earlier["sha256"]:
            raise BadInput(f"{name} '{models[name]['path']}': changed since the run started")
    manifest["trainer"] = {
        "code": code_version(),
        "packages": package_versions(),
        "data": input_hashes(folder),
        "models": models,
        "prompt_version": version,
        "seed": config.seed,
        "config": resolved(config),
    }
    write_json(folder / MANIFEST, manifest)


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        body = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except json.JSONDecodeError as error:
        raise BadInput(f"manifest.json: not JSON: {error.msg}") from error
    return body if isinstance(body, dict) else {}


def _check_manifest(folder: Path) -> None:
    for name, expected in _manifest(folder).get("inputs", {}).items():
        path = folder / name
        if not path.exists():
            raise BadInput(f"{name}: missing, but the snapshot wrote it")
        if file_sha256(path) != expected:
            raise BadInput(f"{name}: changed since the snapshot was written")
