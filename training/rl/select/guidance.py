"""Ground-truth guidance inside a rollout: its first wrong claim is put right, the rest is
written anew by the policy. Pure.

This rule is ours. How TaoSR-AGRL words its guidance is not public, and a hint in the prompt
says nothing to a policy that has never seen one (docs/methods.md).
"""

from __future__ import annotations

from collections.abc import Mapping

from annotation.cot.steps import CLAIM_KEYS, Layout, StepKind, layout_order, parse_partial


def corrected(text: str, values: Mapping[StepKind, str], layout: Layout) -> str | None:
    """``text`` up to its first claim that contradicts ``values``, with the true claim in its
    place and nothing after it; None when no claim that can be reached is wrong.

    A claim is reached when every section before it is well formed and in its place, because
    what stands before the claim is kept. The result has no line end: the policy writes it.
    """
    steps = parse_partial(text)
    for step, kind in zip(steps, layout_order(layout), strict=False):
        if step.kind is not kind:
            return None
        true = values.get(kind)
        if step.value is None or true is None or step.value == true:
            continue
        line = text.rfind("\n", step.start, step.end) + 1
        return f"{text[:line]}{CLAIM_KEYS[kind]}: {true}"
    return None
