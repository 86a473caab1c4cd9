"""The table of arms. Every arm changes as little as its name says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from training.job.methods import METHODS
from training.job.types import BadInput
from training.reward.reliable import EVERY

Settings = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Arm:
    """``start`` names the arm whose model this one starts from ("" = the benchmark's policy),
    ``rm`` the arm whose reward model it uses ("" = none); ``labels`` is the share of the
    judged rollouts that a reward model sees, ``judged`` how many of a pair are, ``noise`` the
    share of the values and verdicts in labels and validation pairs that are wrong."""

    name: str
    label: str
    settings: Settings = field(default_factory=dict)
    start: str = ""
    rm: str = ""
    labels: float = 1.0
    judged: int = 1
    noise: float = 0.0

    @property
    def method(self) -> str:
        return str(self.settings["method"])

    @property
    def judges(self) -> bool:
        """A reward model has no relevance predictions of its own."""
        return METHODS[self.method].leaves == "rm"

    @property
    def needs(self) -> tuple[str, ...]:
        return tuple(name for name in (self.start, self.rm) if name)


def _srpo(name: str, label: str, rm: str = "rm", start: str = "", **settings: Any) -> Arm:
    return Arm(name, label, {"method": "srpo", **settings}, start=start, rm=rm)


_PLAIN_CURRICULUM = {"stages": 1}
_AT_RANDOM: Settings = {
    "sampling": {"rejection": False, "diverse": False},
    "curriculum": _PLAIN_CURRICULUM,
}
_ASKED_ALWAYS: Settings = {"least_kappa": EVERY}  # however bad the reward model is
_RM = Arm("rm", "reward model", {"method": "rm"})
_SFT = Arm("sft", "SFT on verified CoTs", {"method": "sft"})
_DPO = Arm("dpo", "SFT, then DPO", {"method": "dpo"}, start="sft")
_GRPO = Arm("grpo", "GRPO, outcome reward", {"method": "grpo"})
SRPO = _srpo("srpo", "SRPO, hybrid step rewards")
_RM_ONLY = _srpo("srpo_rm_only", "SRPO, reward model only", rewards={"source": "rm_only"})
_RANDOM = _srpo("srpo_random", "SRPO, random prompts, one stage", **_AT_RANDOM)
_GRPO_RANDOM = Arm(
    "grpo_random", "GRPO, random prompts, one stage", {"method": "grpo", **_AT_RANDOM}
)

# TaoSR1 in its three stages: the answer first, pairs by pass@N, then GRPO on as many prompts of
# every tier, of which only those that all or none of the rollouts get right are dropped
_TAOSR1 = (
    Arm("sft_first", "SFT, answer first", {"method": "sft", "layout": "answer_first"}),
    Arm("dpo_first", "that, then DPO on pass@N pairs",
        {"method": "dpo", "fit": {"pairs": "pass_at_n"}}, start="sft_first"),
    Arm("taosr1", "TaoSR1: that, then GRPO, dynamic, balanced by tier",
        {"method": "grpo", "rl": {"dynamic": True}, "curriculum": _PLAIN_CURRICULUM,
         "sampling": {"diverse": False, "label_balanced": True, "keep_mastered": 0.0}},
        start="dpo_first"),
)  # fmt: skip

PAPER = (
    Arm("linear", "bag of words, logistic regression", {"method": "linear"}),
    Arm("classifier", "cross-encoder, 4 classes", {"method": "classifier"}),
    Arm("sft_answer", "SFT, answer only", {"method": "sft", "fit": {"target": "answer"}}),
    _SFT,
    _DPO,
    _GRPO,
    _GRPO_RANDOM,
    _RM,
    SRPO,
    _RM_ONLY,
    _RANDOM,
    _srpo("srpo_one_stage", "SRPO without curriculum", curriculum=_PLAIN_CURRICULUM),
    _srpo("srpo_no_rejection", "SRPO without rejection", sampling={"rejection": False}),
    _srpo("srpo_no_diversity", "SRPO without diversity", sampling={"diverse": False}),
    Arm("agrl", "AGRL: shaped GRPO with guided replay", {"method": "agrl"}),
    *_TAOSR1,
    _srpo("she", "SHE: SFT, DPO, then SRPO", start="dpo"),
)  # fmt: skip

# For a start policy that errs in several steps at once (see ``--policy``).
CREDIT = (
    _RM, _SFT, _GRPO, _GRPO_RANDOM, SRPO, _RANDOM, _RM_ONLY,
    Arm("agrl_no_replay", "shaped GRPO, random prompts, one stage",
        {"method": "agrl", "rl": {"replay": False}, **_AT_RANDOM}),
    Arm("agrl_random", "AGRL: the same with guided replay", {"method": "agrl", **_AT_RANDOM}),
)  # fmt: skip

GAMMA = (
    _RM, SRPO,
    *(_srpo(f"srpo_gamma_{gamma}", f"SRPO, gamma {gamma}", rl={"gamma": gamma})
      for gamma in (0.7, 0.8, 0.9)),
)  # fmt: skip

# Easy to hard, one seed in three never leaves the start: too wide a spread to see an effect in.
_STEADY: Settings = {"curriculum": {"order": "random"}}


def _steady(name: str, label: str, rm: str = "rm", **settings: Any) -> Arm:
    return _srpo(name, f"SRPO, random, {label}", rm=rm, **settings, **_STEADY)


_SRPO_STEADY = _srpo("srpo_order_random", "SRPO, random", **_STEADY)

NORMALISE = (
    _RM, _SRPO_STEADY,
    _steady("srpo_pooled", "pooled normalisation", rl={"normalise": "pooled"}),
    _steady("srpo_unnormalised", "no normalisation", rl={"normalise": "none"}),
    _steady("srpo_token_mean", "every token weighs the same", rl={"length_weight": False}),
    _steady("srpo_ungated", "tier reward also from wrong premises", rl={"gate_final": False}),
    _steady("srpo_p", "P(correct) as the open steps' reward", rewards={"rm": "p"}),
    _steady("srpo_verified", "verified steps alone", rm=""),
    _steady("srpo_no_kl", "no KL term", rl={"kl": 0.0}),
)  # fmt: skip

_FEWER = tuple(
    Arm(f"rm_{share}", f"reward model, {share} % of the labels", {"method": "rm"},
        labels=share / 100)
    for share in (10, 30)
)  # fmt: skip
RM_QUALITY = (
    _RM, *_FEWER, _SRPO_STEADY,
    *(_steady(f"srpo_{rm.name}", rm.label, rm=rm.name, rewards=_ASKED_ALWAYS)
      for rm in _FEWER),
    *(_steady(f"srpo_only_{rm.name}", f"{rm.label} only", rm=rm.name,
              rewards={"source": "rm_only"}) for rm in (_RM, *_FEWER)),
)  # fmt: skip


def _noisy(share: int) -> tuple[Arm, Arm]:
    """People's errors are everywhere: in the rewards, in what the reward model learns from, and
    in the pairs by which the best point is chosen."""
    noise = share / 100
    rm = Arm(
        f"rm_noise_{share}", f"reward model, {share} % wrong", {"method": "rm"}, noise=noise
    )
    srpo = _steady(f"srpo_noise_{share}", f"{share} % of values and verdicts wrong",
                   rm=rm.name, rewards={"label_noise": noise})  # fmt: skip
    return rm, replace(srpo, noise=noise)


NOISE = (_RM, _SRPO_STEADY, *(arm for share in (10, 20, 30) for arm in _noisy(share)))

ORDER = (
    _RM, SRPO,
    _srpo("srpo_order_hard_to_easy", "SRPO, hard to easy",
          curriculum={"order": "hard_to_easy"}),
    _SRPO_STEADY,
    Arm("grpo_order_random", "GRPO, random", {"method": "grpo", **_STEADY}),
)  # fmt: skip

# From a small policy of the shop itself, on the raters' tiers alone: nobody judged a step 1 or
# 2, so that there is no reward model. Lengths and numbers of updates are the suite's. None goes
# on from SFT: it made such a policy worse.
_FEW: Settings = {"sampling": {"rollouts": 4}}
REAL = (
    Arm("sft", "SFT on the catalogue writer's CoTs that raters confirm",
        {"method": "sft", "fit": {"epochs": 1, "learning_rate": 3e-4},
         "sampling": {"rollouts": 1}}),
    Arm("grpo", "GRPO", {"method": "grpo", **_FEW}),
    _srpo("srpo_implied", "SRPO: the tier and what it implies", rm="",
          rewards={"source": "implied"}, **_FEW),
    _srpo("srpo", "SRPO, hybrid: also silver values and quotes", rm="",
          rewards={"quote": "after_rm"}, **_FEW),
    Arm("dpo", "DPO", {"method": "dpo", **_FEW}),
    Arm("classifier", "cross-encoder of the same policy, 4 classes, 3 epochs",
        {"method": "classifier", "fit": {"epochs": 3}}),
)  # fmt: skip

# What the grain of the credit is worth: one start, the same pairs in the same order, the same
# truths, the same number of completions; nothing is refilled or guided. From coarse to fine: a
# rollout, a step, a token.
_BARE: Settings = {"gate_final": False, "length_weight": False}


def _step_credit(
    name: str, label: str, rm: str = "", rewards: Settings | None = None, **rl: bool
) -> Arm:
    label, settings = f"step credit, {label}", {**_AT_RANDOM, "rewards": rewards or {}}
    return _srpo(f"step_{name}", label, rm=rm, rl={**_BARE, **rl}, **settings)


_RM_OF_FOUR = Arm(
    "rm_4", "reward model, four judged rollouts a pair", {"method": "rm"}, judged=4
)

# The first one is what the others are compared with.
GRANULARITY = (
    _RM,
    Arm("truths_scalar", "the same step truths as one scalar",
        {"method": "agrl", "rl": {"replay": False}, **_AT_RANDOM,
         "shaping": {"category": 1.0, "attribute": 1.0, "tier": 1.0, "consistency": 0.0}}),
    replace(_GRPO_RANDOM, name="outcome_scalar",
            label="the outcome alone as one scalar (GRPO)"),
    _step_credit("bare", "bare"),
    _step_credit("gate", "and the gate", gate_final=True),
    _step_credit("length", "and length weights", length_weight=True),
    _step_credit("rm", "and the reward model", rm="rm", rewards=_ASKED_ALWAYS),
    _step_credit("rm_reliable", "and the reward model where it is reliable", rm="rm"),
    _RM_OF_FOUR,
    _step_credit("rm_4", "and a reward model of four judged rollouts a pair", rm="rm_4",
                 rewards=_ASKED_ALWAYS),
    Arm("token_ppo", "the same step truths, token credit by a critic (PPO)",
        {"method": "ppo", "rl": {"gate_final": False}, **_AT_RANDOM}),
)  # fmt: skip

_TINY_RL = {"updates": 2, "prompts": 2, "group": 4, "micro_batch": 8}
TINY = (
    Arm("grpo", "GRPO, outcome reward", {"method": "grpo", "rl": _TINY_RL}),
    _srpo("srpo", "SRPO, verified steps alone", rm="", rl=_TINY_RL),
)

SUITES: dict[str, Sequence[Arm]] = {
    "paper": PAPER,
    "credit": CREDIT,
    "gamma": GAMMA,
    "normalise": NORMALISE,
    "rm-quality": RM_QUALITY,
    "noise": NOISE,
    "order": ORDER,
    "granularity": GRANULARITY,
    "real": REAL,
    "tiny": TINY,
}


def arms_of(suite: str, only: Sequence[str] = ()) -> list[Arm]:
    """The arms of a suite in an order in which every arm comes after those it needs.

    Raises:
        BadInput: an unknown suite or arm.
    """
    if suite not in SUITES:
        raise BadInput(f"no suite '{suite}' (there are: {', '.join(SUITES)})")
    known = {arm.name: arm for arm in SUITES[suite]}
    if missing := [name for name in only if name not in known]:
        raise BadInput(f"suite {suite} has no arm '{missing[0]}' (it has: {', '.join(known)})")
    chosen: dict[str, Arm] = {}

    def add(name: str) -> None:
        for needed in known[name].needs:
            add(needed)
        chosen.setdefault(name, known[name])

    for name in only or known:
        add(name)
    return list(chosen.values())
