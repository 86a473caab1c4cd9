"""Does a step's claim hold? Deterministic indicators for steps 3-5 (SHE Eq. 5). Pure."""

from __future__ import annotations

from dataclasses import dataclass

from annotation.cot.steps import CLAIM_KEYS, OPEN_KINDS, StepKind
from verifier.truth import Truth


@dataclass(frozen=True, slots=True)
class Verdict:
    """``passed`` is None when nothing can be said; then the step is masked, never failed."""

    passed: bool | None
    reason: str


def check(kind: StepKind, claimed: str | None, truth: Truth | None) -> Verdict:
    """Compare a claim with the truth.

    Open steps (1, 2) have no value to compare; an unknown truth gives no verdict; a known
    truth with no readable claim fails.
    """
    if kind in OPEN_KINDS:
        return Verdict(None, "an open step states no value")
    if truth is None:
        return Verdict(None, "no ground truth")
    key = CLAIM_KEYS[kind]
    if claimed is None:
        return Verdict(False, f"no readable {key}")
    if claimed == truth.value:
        return Verdict(True, f"{key} is {truth.value}")
    return Verdict(False, f"{key} is {truth.value}, not {claimed}")
