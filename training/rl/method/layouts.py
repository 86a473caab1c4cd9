"""From one order of the sections to the other: teaching a policy to answer first (TaoSR1)."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from annotation.cot.steps import CotParseError, Layout, StepKind, parse, render
from training.job.config import RunConfig
from training.job.methods import METHODS
from training.job.model_folder import model_facts
from training.job.types import BadInput
from training.rl.policy.model import Policy


def relayout(text: str, source: Layout, target: Layout) -> str | None:
    """The same CoT in another layout; None when ``text`` is not a five-step CoT.

    Answer first keeps of the final step its claim alone: its evidence sums up steps that are
    not written yet, and a score must be readable before anything else is.
    """
    try:
        bodies = {step.kind: step.body for step in parse(text, source)}
    except CotParseError:
        return None
    if target == "answer_first":
        bodies[StepKind.FINAL] = bodies[StepKind.FINAL].splitlines()[-1].strip()
    return render(bodies, target)


def laid_out(policy: Policy, config: RunConfig) -> Policy:
    """The policy with the layout of run.toml where its folder names none.

    Raises:
        BadInput: run.toml names another layout than the policy writes and the method is not
            sft, which alone can teach it.
    """
    wanted = config.layout
    if wanted in ("policy", policy.layout) or not _writes(config):
        return policy
    if "layout" not in model_facts(policy.path):
        return replace(policy, layout=cast(Layout, wanted))
    if config.method != "sft":
        raise BadInput(
            f"run.toml: the policy writes {policy.layout}; method sft can teach it {wanted}"
        )
    return policy


def taught(policy: Policy, config: RunConfig) -> Policy:
    """The policy as it will be after sft: the same weights, the layout of run.toml."""
    if config.layout == "policy":
        return policy
    return replace(policy, layout=cast(Layout, config.layout))


def _writes(config: RunConfig) -> bool:
    """Whether the method trains a policy to write CoTs."""
    return METHODS[config.method].writes_cots
