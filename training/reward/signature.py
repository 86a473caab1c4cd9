"""When two rollouts reason the same way."""

from __future__ import annotations

from annotation.cot.steps import STRUCTURED_KINDS, parse_partial


def signature(text: str) -> tuple[str, ...]:
    """The claims of steps 3-5, "?" where there is none: two rollouts with the same claims
    reason the same way."""
    claims = {step.kind: step.value for step in parse_partial(text)}
    return tuple(claims.get(kind) or "?" for kind in STRUCTURED_KINDS)
