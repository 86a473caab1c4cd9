"""The one table of training methods: the trainer, the launch form, the preflight, the API, the
layouts, the comparison and the circle all read it. A method's own module is imported when it
runs, so everybody else needs no torch.

A method is its file in ``training/rl`` and its row here; docs/methods.md lists the rows.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from annotation.cot.wording import wording as _

Tables = Mapping[str, Mapping[str, Any]]  # section -> key -> value, as run.toml has them


@dataclass(frozen=True, slots=True)
class Method:
    """``run`` is ``module:function``, called with the run.

    ``reads`` are the settings it looks at: ``section`` (all of it) or ``section.key``. Whatever
    else is given is refused where runs are launched. ``form`` are those that the launch form
    shows, ``presets`` values of them by the preset's name. ``defaults`` replace those of
    training.job.config.
    """

    name: str
    label: str
    run: str
    reads: tuple[str, ...]
    form: tuple[str, ...] = ()
    leaves: Literal["policy", "rm", "report"] = "policy"
    starts_from: Literal["policy", "any", "rm"] = "policy"
    writes_cots: bool = False  # it looks at the policy's own CoTs and trains it to write them
    takes_rm: bool = False  # a reward model may reward steps
    credits: Literal["", "step", "outcome"] = ""  # what RL's advantages are of; it has a ledger
    defaults: Tables = field(default_factory=dict)
    presets: Mapping[str, Tables] = field(default_factory=dict)

    def reads_key(self, key: str) -> bool:
        """Whether ``section.key``, or a key of the top level, has an effect."""
        return key in self.reads or key.partition(".")[0] in self.reads

    def load(self) -> Any:
        """The function of ``run``; this is what imports torch."""
        module, _, name = self.run.partition(":")
        return getattr(importlib.import_module(module), name)


_RUN = ("seed", "threads", "data.eval_split")
_PAIRS = (
    "data.train_limit", "data.eval_limit", "use_silver", "use_implied", "rewards.label_noise",
)  # fmt: skip
_SCORES = ("eval.bootstrap", "eval.limit")
_ANSWERS = (*_SCORES, "eval.batch_size", "eval.max_tokens")
_EXPLORE = (
    "layout", "sampling.rollouts", "sampling.temperature", "sampling.top_k",
    "sampling.batch_size", "rl.max_tokens",
)  # fmt: skip
_TRAINER = (
    "trainer.bf16", "trainer.activation_checkpointing", "trainer.report_to",
    "trainer.lora_rank", "trainer.lora_alpha", "trainer.lora_targets",
)  # fmt: skip
_FIT = ("fit.epochs", "fit.batch_size", "fit.learning_rate", "fit.max_tokens", "fit.save_every")
_FIT_FORM = ("fit.epochs", "fit.batch_size", "fit.learning_rate")
_LABELS = ("fit.holdout", "fit.calibration", "eval.bootstrap", "eval.batch_size")
_CURVE = (
    "eval.curve_every",
    "eval.dev_share",
    "eval.keep_best",
    "eval.best_by",
    "eval.proven",
)
_POLICY_RL = (
    *_RUN, *_PAIRS, *_ANSWERS, *_CURVE, *_TRAINER, "layout", "sampling",
    "rewards", "curriculum", "shaping", "trainer.sampler", "trainer.vllm_url",
    "trainer.vllm_memory", "trainer.vllm_tensor_parallel",
)  # fmt: skip
_RL_LOOP = (
    "rl.updates", "rl.prompts", "rl.group", "rl.micro_batch", "rl.learning_rate", "rl.kl",
    "rl.clip", "rl.temperature", "rl.top_k", "rl.max_tokens", "rl.clamp", "rl.max_grad_norm",
    "rl.warmup", "rl.save_every",
)  # fmt: skip
_OUTCOME_RL = (
    *_RL_LOOP, "rl.shaping", "rl.replay", "rl.replay_below", "rl.replay_share", "rl.dynamic",
    "rl.max_right", "rl.refill_tries", "rl.ledger",
)  # fmt: skip
_RL_FORM = (
    "sampling.rollouts", "rl.updates", "rl.prompts", "rl.group", "rl.learning_rate", "rl.kl",
)  # fmt: skip
_EXTRAS_FORM = ("rl.shaping", "rl.replay", "rl.dynamic", *_CURVE)
_RL_PRESETS: Mapping[str, Tables] = {
    "quick": {
        "sampling": {"rollouts": 4},
        "rl": {"updates": 10, "prompts": 4, "group": 8},
    },
    # for a policy of billions of parameters; a small one wants a larger learning rate
    "paper": {
        "sampling": {"rollouts": 16},
        "rl": {"prompts": 64, "group": 16, "learning_rate": 1e-6, "kl": 0.02},
    },
}
_FIT_PRESETS: Mapping[str, Tables] = {"quick": {"fit": {"epochs": 1}}}
_RM_FIT = {"fit": {"learning_rate": 1e-3, "epochs": 2.0}}  # a third epoch learned by heart

_ROWS = (
    Method(
        "srpo", _("SRPO: step rewards, step advantages"), 
        "training.rl.method.rl_method:train_srpo",
        reads=(*_POLICY_RL, "rl"),
        form=(*_RL_FORM, "rl.gamma", "rl.normalise", *_EXTRAS_FORM),
        writes_cots=True, takes_rm=True, credits="step",
        presets=_RL_PRESETS,
    ),
    Method(
        "grpo", _("GRPO: one outcome reward a rollout"), 
        "training.rl.method.rl_method:train_grpo",
        reads=(*_POLICY_RL, *_OUTCOME_RL), form=(*_RL_FORM, *_EXTRAS_FORM),
        writes_cots=True, takes_rm=True, credits="outcome",
        presets=_RL_PRESETS,
    ),
    Method(
        "agrl", _("AGRL: GRPO with rule-aware rewards and guided replay"),
        "training.rl.method.agrl:train_agrl",
        reads=(*_POLICY_RL, *_OUTCOME_RL), form=(*_RL_FORM, *_EXTRAS_FORM),
        writes_cots=True, takes_rm=True, credits="outcome",
        defaults={"rl": {"shaping": "rules", "replay": True}},
        presets=_RL_PRESETS,
    ),
    Method(
        "ppo", _("PPO: a critic credits every token; a control"),
        "training.rl.method.ppo:train_ppo",
        reads=(*_POLICY_RL, *_RL_LOOP, "rl.gamma", "rl.gate_final"),
        form=(*_RL_FORM, "rl.gamma", *_CURVE),
        writes_cots=True,
        defaults={"rl": {"ledger": "off"}},  # what a critic said cannot be replayed
        presets=_RL_PRESETS,
    ),
    Method(
        "sft", _("SFT: imitate rollouts that people verified"), 
        "training.rl.method.sft:train_sft",
        reads=(*_RUN, *_PAIRS, *_ANSWERS, *_EXPLORE, *_TRAINER, *_FIT, "fit.target",
               "trainer.packing", "rewards.reuse"),
        form=("sampling.rollouts", *_FIT_FORM, "fit.target"),
        writes_cots=True,
        defaults={"fit": {"learning_rate": 3e-4}},
        presets={
            "quick": {"sampling": {"rollouts": 2}, "fit": {"epochs": 1}},
            "paper": {
                "sampling": {"rollouts": 16},
                "fit": {"epochs": 2, "batch_size": 1024, "learning_rate": 1e-6},
            },
        },
    ),
    Method(
        "dpo", _("DPO: prefer verified over refuted rollouts"), 
        "training.rl.method.dpo:train_dpo",
        reads=(*_RUN, *_PAIRS, *_ANSWERS, *_EXPLORE, *_TRAINER, *_FIT, "fit.beta", "fit.pairs",
               "rewards.reuse"),
        form=("sampling.rollouts", *_FIT_FORM, "fit.beta", "fit.pairs"),
        writes_cots=True,
        defaults={"fit": {"learning_rate": 2e-5, "epochs": 1.0}},
        presets={
            "quick": {"sampling": {"rollouts": 4}, "fit": {"epochs": 1}},
            "paper": {"sampling": {"rollouts": 5}, "fit": {"pairs": "pass_at_n"}},  # TaoSR1
        },
    ),
    Method(
        "rm", _("RM: train the stepwise reward model"), 
        "training.rl.reward_model.rm_method:train_rm",
        reads=(*_RUN, *_TRAINER, *_FIT, *_LABELS, "trainer.packing"),
        form=(*_FIT_FORM, "fit.holdout"),
        leaves="rm", starts_from="any",
        defaults=_RM_FIT, presets=_FIT_PRESETS,
    ),
    Method(
        "rm_grpo", _("RM, hard steps: go on from a reward model with GRPO"),
        "training.rl.reward_model.rm_grpo:train_rm_grpo",
        reads=(*_RUN, *_LABELS, "sampling.rollouts", "sampling.batch_size", "rl.updates",
               "rl.prompts", "rl.group", "rl.micro_batch", "rl.learning_rate", "rl.kl",
               "rl.clip", "rl.temperature", "rl.max_grad_norm", "rl.warmup", "rl.save_every"),
        form=(*_RL_FORM, "fit.holdout"),
        leaves="rm", starts_from="rm",
        # a policy's 2e-4 and 0.02 took the reward model's critiques apart (docs/LOG.md)
        defaults={"rl": {"learning_rate": 2e-5, "kl": 0.1, "updates": 30}},
        presets={"quick": {"sampling": {"rollouts": 4}, "rl": {"updates": 5}}},
    ),
    Method(
        "rm_scalar", _("RM, scalar head: the ablation without a critique"),
        "training.rl.reward_model.rm_method:train_rm_scalar",
        reads=(*_RUN, *_FIT, *_LABELS), form=(*_FIT_FORM, "fit.holdout"),
        leaves="rm", starts_from="any",
        defaults=_RM_FIT, presets=_FIT_PRESETS,
    ),
    Method(
        "classifier", _("Baseline: cross-encoder, tier alone"),
        "training.rl.method.classifier:train_classifier",
        reads=(*_RUN, *_PAIRS, *_SCORES, "eval.batch_size", *_FIT), form=_FIT_FORM,
        leaves="report",
        defaults={"fit": {"learning_rate": 1e-3, "epochs": 10.0}},
        presets=_FIT_PRESETS,
    ),
    Method(
        "linear", _("Baseline: bag of words, tier alone"),
        "training.rl.method.linear:train_linear",
        reads=(*_RUN, *_PAIRS, *_SCORES),
        leaves="report",
    ),
)  # fmt: skip

METHODS: dict[str, Method] = {row.name: row for row in _ROWS}


def unread(method: Method, config: Mapping[str, Any]) -> Iterator[str]:
    """The settings in ``config``, by their dotted names, that the method does not look at."""
    for name, value in config.items():
        if isinstance(value, Mapping):
            yield from (
                f"{name}.{key}" for key in value if not method.reads_key(f"{name}.{key}")
            )
        elif not method.reads_key(name):
            yield name


def methods_listing() -> str:
    """The table of docs/methods.md."""
    results = {"policy": "a policy", "rm": "a reward model", "report": "a report"}
    rows = []
    for row in METHODS.values():
        shown = ", ".join(f"`{key}`" for key in row.form) or "none"
        rows.append(f"| `{row.name}` | {row.label} | {results[row.leaves]} | {shown} |")
    head = "| method | what it does | leaves | settings on the launch form |"
    return "\n".join([head, "|---|---|---|---|", *rows]) + "\n"
