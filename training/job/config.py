"""The resolved configuration of a run: run.toml in, frozen dataclasses out.

Defaults are the settings vetted on the built-in sample with the shipped policy on one CPU
core (docs/LOG.md); the paper's are named where they differ.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from annotation.cot.steps import LAYOUTS
from annotation.cot.wording import wording as _
from training.job.ledger import ledger_share
from training.job.methods import METHODS
from training.job.prompts import PROMPT_VERSIONS, STYLES
from training.job.toml_tables import build, num, one, to_toml
from training.job.types import BadInput


@dataclass(frozen=True, slots=True)
class SamplingConfig:
    """Offline rejection and diverse sampling before RL. ``keep_max`` prompts survive."""

    rollouts: int = num(8, 1, 1024)
    temperature: float = num(0.99, 0.01, 10)
    top_k: int = num(100, 0, 1_000_000)  # 0 = off
    batch_size: int = num(256, 1, 65536)
    keep_max: int = num(600, 1, 10_000_000)
    keep_mastered: float = num(0.1, 0, 1)  # share of all-right prompts kept as an anchor
    rejection: bool = True  # False keeps prompts that are always right or always wrong
    diverse: bool = True  # False cuts to keep_max at random
    label_balanced: bool = False  # equally many prompts of every tier (TaoSR1: CV = 0)


@dataclass(frozen=True, slots=True)
class RewardsConfig:
    """Where step rewards come from; ``rm_only`` and ``outcome`` are the papers' ablations,
    ``implied`` ours: the tier, and what the rules table says of steps 3 and 4 from it."""

    source: str = one("hybrid", "rm_only", "outcome", "implied")
    rm: str = one("verdict", "p")  # the reward model's word, 1 or 0, or its P(correct)
    server: str = "local"  # or the base URL of a server that answers for the reward model
    # step 2 by its quotes of the product: where nothing else says anything, or before the rm
    quote: str = one("off", "after_rm", "before_rm")
    # hybrid: the rm is asked about steps 1 and 2 where its kappa reaches this; -1 = always
    least_kappa: float = num(0.4, -1, 1)
    reuse: bool = True  # hybrid: a verdict on the same text of step 1 or 2 comes before the rm
    label_noise: float = num(0.0, 0, 1)  # share of the training truth replaced by other values


@dataclass(frozen=True, slots=True)
class CurriculumConfig:
    """Easier prompts balanced by query type first, harder ones balanced by tier last."""

    stages: int = num(2, 1, 32)
    order: str = one("easy_to_hard", "hard_to_easy", "random", "none")
    first_share: float = num(0.3, 0, 1)  # of the updates spent on the easiest part
    split_quantile: float = num(0.5, 0, 1)  # two stages: difficulty below it is "easier"
    gate: float = num(0.0, 0, 1)  # outcome rate on held-out prompts to move on; 0 = no gate
    gate_pairs: int = num(48, 1, 1_000_000)  # prompts held out for the gate
    gate_every: int = num(5, 1, 1_000_000)  # updates between two tries


@dataclass(frozen=True, slots=True)
class RlConfig:
    """SRPO and GRPO. Paper: 64 prompts x 16 rollouts; ours were vetted on the seed policy on a
    CPU. A policy of another size wants another learning rate."""

    updates: int = num(60, 1, 1_000_000)
    prompts: int = num(8, 1, 4096)  # prompts an update
    group: int = num(8, 2, 1024)  # rollouts a prompt
    micro_batch: int = num(64, 1, 65536)  # rollouts a forward-backward pass
    learning_rate: float = num(2e-4, 1e-9, 1)
    kl: float = num(0.02, 0, 100)
    clip: float = num(0.2, 1e-3, 10)
    temperature: float = num(0.99, 0.01, 10)
    top_k: int = num(100, 0, 1_000_000)
    max_tokens: int = num(192, 8, 32768)
    gamma: float = num(1.0, 0, 1)
    normalise: str = one("step", "pooled", "none")
    length_weight: bool = True  # per-step weight 1 / length, mean token weight 1
    gate_final: bool = True  # no reward for a tier whose premises are known to be wrong
    clamp: float = num(2.0, 0.01, 1000)
    max_grad_norm: float = num(1.0, 1e-6, 1e6)
    warmup: int = num(3, 0, 1_000_000)  # updates
    save_every: int = num(5, 1, 1_000_000)  # updates
    shaping: str = one("none", "rules")  # rules: the parts of [shaping], AGRL
    replay: bool = False  # guided replay of groups whose accuracy is replay_below or less
    replay_below: float = num(0.25, 0, 1)
    replay_share: float = num(0.5, 0, 1)  # of a group, at most
    dynamic: bool = False  # TaoSR1: groups outside 0 < right < max_right * group are replaced
    max_right: float = num(1.0, 0, 1)
    refill_tries: int = num(3, 1, 1000)
    ledger: str = (
        "full"  # what ledger.jsonl.zst keeps: full, off, or sampled:SHARE of the groups
    )

    @property
    def planned(self) -> bool:
        """Whether whole groups are drawn and looked at before they are learned from."""
        return self.replay or self.dynamic


@dataclass(frozen=True, slots=True)
class ShapingConfig:
    """Weights of the parts of a shaped reward; only their proportions matter. Ours: the
    paper's are not public."""

    category: float = num(0.2, 0, 1000)
    attribute: float = num(0.2, 0, 1000)
    tier: float = num(0.4, 1e-6, 1000)
    consistency: float = num(0.2, 0, 1000)
    rule_gate: bool = False  # a tier that contradicts the rules table earns 0


@dataclass(frozen=True, slots=True)
class FitConfig:
    """Supervised passes: sft, dpo and the reward model. What is not given is the method's
    own (training.job.methods)."""

    epochs: float = num(3, 0.01, 1000)
    batch_size: int = num(32, 1, 65536)
    learning_rate: float = num(3e-4, 1e-9, 1)
    beta: float = num(0.1, 1e-4, 100)  # dpo only
    pairs: str = one("verified", "pass_at_n")  # dpo only: pass_at_n also guides where N fail
    target: str = one("cot", "answer")  # sft only: the whole CoT or the tier alone
    holdout: float = num(0.2, 0, 0.9)  # reward model only: share of queries held out
    calibration: str = one("temperature", "isotonic")  # reward model only
    max_tokens: int = num(768, 16, 131072)
    save_every: int = num(50, 1, 1_000_000)  # updates


@dataclass(frozen=True, slots=True)
class EvalConfig:
    batch_size: int = num(256, 1, 65536)
    max_tokens: int = num(192, 8, 32768)
    bootstrap: int = num(1000, 10, 100_000)
    limit: int = num(0, 0, 10_000_000)  # pairs; 0 = all
    # the learning curve: on dev.jsonl, else on a share of the training queries, kept apart
    curve_every: int = num(0, 0, 1_000_000)  # updates between two points; 0 = none
    dev_share: float = num(0.0, 0, 0.9)
    keep_best: bool = False  # the result is the policy of the best point; the start is one
    best_by: str = one("macro_f1", "kappa_quadratic", "good_f1", "accuracy")
    proven: bool = False  # keep_best: only a point whose gain over the start is beyond chance


@dataclass(frozen=True, slots=True)
class TrainerConfig:
    """What a run may use beyond one process and float32 (docs/scale.md)."""

    bf16: bool = False  # mixed precision: products in bfloat16, weights in float32
    activation_checkpointing: bool = False  # less memory, a second forward pass
    lora_rank: int = num(0, 0, 4096)  # 0 = every weight is trained
    lora_alpha: int = num(32, 1, 65536)
    lora_targets: str = "all-linear"  # or module names, comma-separated
    packing: bool = False  # sft: several examples in one row instead of padding
    sampler: str = one("auto", "ours", "generate", "vllm_server", "vllm_colocate")  # rl
    vllm_url: str = ""  # vllm_server: its address; "" = TRL's default
    vllm_memory: float = num(0.3, 0.01, 1)  # vllm_colocate: share of the GPU's memory
    vllm_tensor_parallel: int = num(1, 1, 64)
    report_to: str = ""  # tensorboard, wandb, mlflow, trackio; comma-separated


@dataclass(frozen=True, slots=True)
class RunConfig:
    """run.toml. ``policy`` and ``rm`` are model folders; ``rm`` "" leaves steps 1-2 masked."""

    policy: str = ""  # must be given
    method: str = field(default="srpo", metadata={"choices": METHODS})
    seed: int = num(0, 0, 2**31 - 1)
    rm: str = ""
    layout: str = one("policy", *LAYOUTS)  # another than the policy's is taught by sft
    style: str = one("policy", *STYLES)  # policy: as its folder says
    # policy: as its folder says, which is refused where it says another
    prompt_version: str = one("policy", *PROMPT_VERSIONS)
    threads: int = num(1, 1, 1024)
    use_implied: bool = True  # what the tier implies of steps 3 and 4 may reward them
    use_silver: bool = True  # silver truth may reward steps that have nothing better
    sampling: SamplingConfig = field(default_factory=SamplingConfig)
    rewards: RewardsConfig = field(default_factory=RewardsConfig)
    curriculum: CurriculumConfig = field(default_factory=CurriculumConfig)
    rl: RlConfig = field(default_factory=RlConfig)
    shaping: ShapingConfig = field(default_factory=ShapingConfig)
    fit: FitConfig = field(default_factory=FitConfig)
    eval: EvalConfig = field(default_factory=EvalConfig)
    trainer: TrainerConfig = field(default_factory=TrainerConfig)


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
        raise BadInput(_("not TOML: %(error)s", error=error), "run.toml") from error
    config: RunConfig = build(RunConfig, data, "")
    if not config.policy:
        raise BadInput(_("'policy' must name a model folder"), "run.toml")
    defaults = METHODS[config.method].defaults
    config = replace(
        config,
        fit=_with_defaults(config.fit, defaults.get("fit", {}), data.get("fit")),
        rl=_with_defaults(config.rl, defaults.get("rl", {}), data.get("rl")),
    )
    ledger_share(config.rl.ledger)
    config = _with_micro_batch(config, given="micro_batch" in data.get("rl", {}))
    if config.fit.target == "answer" and config.method != "sft":
        raise BadInput(_("fit.target 'answer' is for method sft"), "run.toml")
    if config.rewards.source == "rm_only" and not config.rm:
        raise BadInput(_("rewards.source 'rm_only' needs a reward model: set 'rm'"), "run.toml")
    if config.eval.keep_best and not config.eval.curve_every:
        raise BadInput(_("eval.keep_best needs points: set eval.curve_every"), "run.toml")
    if config.trainer.lora_rank and config.eval.keep_best:
        raise BadInput(
            _("eval.keep_best keeps whole weights: not with a LoRA adapter"), "run.toml"
        )
    return config


def _with_micro_batch(config: RunConfig, *, given: bool) -> RunConfig:
    """A micro-batch that nobody chose is made to fit the update; raises BadInput for one that
    was chosen and does not."""
    rl = config.rl
    total = rl.prompts * rl.group
    if not given:
        fits = max(n for n in range(1, rl.micro_batch + 1) if total % n == 0)
        return replace(config, rl=replace(rl, micro_batch=fits))
    if total % rl.micro_batch:
        raise BadInput(
            _(
                "rl.micro_batch %(micro)s must divide the %(total)s rollouts of an update "
                "(rl.prompts %(prompts)s x rl.group %(group)s)",
                micro=rl.micro_batch,
                total=total,
                prompts=rl.prompts,
                group=rl.group,
            ),
            "run.toml",
        )
    return config


def resolved(config: RunConfig) -> str:
    """Every setting with its value as TOML; parsing it gives the same config back."""
    return to_toml(config)


def _with_defaults(table: Any, own: Mapping[str, Any], given: Mapping[str, Any] | None) -> Any:
    """The method's own defaults for the keys that run.toml does not give."""
    missing = {key: value for key, value in own.items() if key not in (given or {})}
    return replace(table, **missing)
