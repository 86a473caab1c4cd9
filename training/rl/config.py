"""The resolved configuration of a run: run.toml in, frozen dataclasses out.

Defaults are the settings vetted on the built-in sample with the shipped policy on one CPU
core (docs/LOG.md); the paper's are named where they differ.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from annotation.steps import LAYOUTS
from training.rl.types import BadInput


def _num(default: float, low: float, high: float) -> Any:
    return field(default=default, metadata={"low": low, "high": high})


def _one(default: str, *choices: str) -> Any:
    return field(default=default, metadata={"choices": (default, *choices)})


@dataclass(frozen=True, slots=True)
class SamplingConfig:
    """Offline rejection and diverse sampling before RL. ``keep_max`` prompts survive."""

    rollouts: int = _num(8, 1, 1024)
    temperature: float = _num(0.99, 0.01, 10)
    top_k: int = _num(100, 0, 1_000_000)  # 0 = off
    batch_size: int = _num(256, 1, 65536)
    keep_max: int = _num(600, 1, 10_000_000)
    keep_mastered: float = _num(0.1, 0, 1)  # share of all-right prompts kept as an anchor
    rejection: bool = True  # False keeps prompts that are always right or always wrong
    diverse: bool = True  # False cuts to keep_max at random


@dataclass(frozen=True, slots=True)
class RewardsConfig:
    """Where step rewards come from; ``rm_only`` and ``outcome`` are the papers' ablations."""

    source: str = _one("hybrid", "rm_only", "outcome")
    label_noise: float = _num(0.0, 0, 1)  # share of the training truth replaced by other values


@dataclass(frozen=True, slots=True)
class CurriculumConfig:
    """Easier prompts balanced by query type first, harder ones balanced by tier last."""

    stages: int = _num(2, 1, 32)
    order: str = _one("easy_to_hard", "hard_to_easy", "random", "none")
    first_share: float = _num(0.3, 0, 1)  # of the updates spent on the easiest part
    split_quantile: float = _num(0.5, 0, 1)  # two stages: difficulty below it is "easier"
    gate: float = _num(0.0, 0, 1)  # outcome rate on held-out prompts to move on; 0 = no gate
    gate_pairs: int = _num(48, 1, 1_000_000)  # prompts held out for the gate
    gate_every: int = _num(5, 1, 1_000_000)  # updates between two tries


@dataclass(frozen=True, slots=True)
class RlConfig:
    """SRPO and GRPO. Paper: 64 prompts x 16 rollouts; ours were vetted on the seed policy on a
    CPU. A policy of another size wants another learning rate."""

    updates: int = _num(60, 1, 1_000_000)
    prompts: int = _num(8, 1, 4096)  # prompts an update
    group: int = _num(8, 2, 1024)  # rollouts a prompt
    micro_batch: int = _num(64, 1, 65536)  # rollouts a forward-backward pass
    learning_rate: float = _num(2e-4, 1e-9, 1)
    kl: float = _num(0.02, 0, 100)
    clip: float = _num(0.2, 1e-3, 10)
    temperature: float = _num(0.99, 0.01, 10)
    top_k: int = _num(100, 0, 1_000_000)
    max_tokens: int = _num(192, 8, 32768)
    gamma: float = _num(1.0, 0, 1)
    normalise: str = _one("step", "pooled", "none")
    length_weight: bool = True  # per-step weight 1 / length, mean token weight 1
    gate_final: bool = True  # no reward for a tier whose premises are known to be wrong
    clamp: float = _num(2.0, 0.01, 1000)
    max_grad_norm: float = _num(1.0, 1e-6, 1e6)
    warmup: int = _num(3, 0, 1_000_000)  # updates
    save_every: int = _num(5, 1, 1_000_000)  # updates


@dataclass(frozen=True, slots=True)
class FitConfig:
    """Supervised passes: sft, dpo and the reward model. What is not given is the method's
    own (``FIT_DEFAULTS``)."""

    epochs: float = _num(3, 0.01, 1000)
    batch_size: int = _num(32, 1, 65536)
    learning_rate: float = _num(3e-4, 1e-9, 1)
    beta: float = _num(0.1, 1e-4, 100)  # dpo only
    target: str = _one("cot", "answer")  # sft only: the whole CoT or the tier alone
    holdout: float = _num(0.2, 0, 0.9)  # reward model only: share of queries held out
    max_tokens: int = _num(768, 16, 131072)
    save_every: int = _num(50, 1, 1_000_000)  # updates


FIT_DEFAULTS: dict[str, dict[str, float]] = {
    "sft": {"learning_rate": 3e-4},
    "dpo": {"learning_rate": 2e-5, "epochs": 1.0},
    # a third epoch learned the few hundred labels by heart (docs/LOG.md)
    "rm": {"learning_rate": 1e-3, "epochs": 2.0},
    "classifier": {"learning_rate": 1e-3, "epochs": 10.0},
}


@dataclass(frozen=True, slots=True)
class EvalConfig:
    batch_size: int = _num(256, 1, 65536)
    max_tokens: int = _num(192, 8, 32768)
    bootstrap: int = _num(1000, 10, 100_000)
    limit: int = _num(0, 0, 10_000_000)  # pairs; 0 = all
    curve_every: int = _num(0, 0, 1_000_000)  # updates between points of dev.jsonl; 0 = none


@dataclass(frozen=True, slots=True)
class RunConfig:
    """run.toml. ``policy`` and ``rm`` are model folders; ``rm`` "" leaves steps 1-2 masked."""

    policy: str
    method: str = _one("srpo", "grpo", "sft", "dpo", "rm", "linear", "classifier")
    seed: int = _num(0, 0, 2**31 - 1)
    rm: str = ""
    layout: str = _one(*LAYOUTS)
    style: str = _one("bare", "instruct")
    threads: int = _num(1, 1, 1024)
    use_silver: bool = True  # silver truth may reward steps that have nothing better
    sampling: SamplingConfig = field(default_factory=SamplingConfig)
    rewards: RewardsConfig = field(default_factory=RewardsConfig)
    curriculum: CurriculumConfig = field(default_factory=CurriculumConfig)
    rl: RlConfig = field(default_factory=RlConfig)
    fit: FitConfig = field(default_factory=FitConfig)
    eval: EvalConfig = field(default_factory=EvalConfig)


def load_config(path: Path) -> RunConfig:
    """Read run.toml.

    Raises:
        BadInput: missing file, bad TOML, unknown key, wrong type, or a value out of range;
            the message names the key.
    """
    try:
        return parse_config(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{path.name}: {error.strerror or error}") from error


def parse_config(text: str) -> RunConfig:
    """Parse the text of run.toml; raises as :func:`load_config`."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"run.toml: not TOML: {error}") from error
    config: RunConfig = _build(RunConfig, data, "")
    own = FIT_DEFAULTS.get(config.method, {})
    missing: dict[str, Any] = {k: v for k, v in own.items() if k not in data.get("fit", {})}
    config = replace(config, fit=replace(config.fit, **missing))
    rl = config.rl
    if rl.prompts * rl.group % rl.micro_batch:
        total = rl.prompts * rl.group
        raise BadInput(
            f"run.toml: rl.micro_batch {rl.micro_batch} must divide {total} rollouts"
        )
    if config.fit.target == "answer" and config.method != "sft":
        raise BadInput("run.toml: fit.target 'answer' is for method sft")
    if config.rewards.source == "rm_only" and not config.rm:
        raise BadInput("run.toml: rewards.source 'rm_only' needs a reward model: set 'rm'")
    return config


def resolved(config: RunConfig) -> str:
    """Every setting with its value as TOML; parsing it gives the same config back."""
    top, tables = [], []
    for item in fields(config):
        value = getattr(config, item.name)
        if hasattr(value, "__dataclass_fields__"):
            lines = [f"{f.name} = {_toml(getattr(value, f.name))}" for f in fields(value)]
            tables.append(f"\n[{item.name}]\n" + "\n".join(lines))
        else:
            top.append(f"{item.name} = {_toml(value)}")
    return "\n".join(top + tables) + "\n"


def _build(cls: type[Any], data: dict[str, Any], where: str) -> Any:
    hints = get_type_hints(cls)
    known = {f.name: f for f in fields(cls)}
    if unknown := sorted(set(data) - set(known)):
        names = ", ".join(known)
        raise BadInput(f"run.toml: unknown key '{where}{unknown[0]}' (known: {names})")
    values = {}
    for name, value in data.items():
        key, kind = f"{where}{name}", hints[name]
        if hasattr(kind, "__dataclass_fields__"):
            if not isinstance(value, dict):
                raise BadInput(f"run.toml: '{key}' must be a table")
            values[name] = _build(kind, value, f"{key}.")
        else:
            values[name] = _checked(key, kind, value, known[name].metadata)
    if cls is RunConfig and not values.get("policy"):
        raise BadInput("run.toml: 'policy' must name a model folder")
    return cls(**values)


def _checked(key: str, kind: type[Any], value: Any, limits: Any) -> Any:
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise BadInput(f"run.toml: '{key}' must be a {kind.__name__}, got {value!r}")
    if "choices" in limits and value not in limits["choices"]:
        allowed = ", ".join(limits["choices"])
        raise BadInput(f"run.toml: '{key}' must be one of {allowed}, got {value!r}")
    if "low" in limits and not limits["low"] <= value <= limits["high"]:
        bounds = f"{limits['low']} to {limits['high']}"
        raise BadInput(f"run.toml: '{key}' must be {bounds}, got {value!r}")
    return value


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    return repr(value)
