"""On which steps a reward model's word counts. Pure.

A judge of a step that it cannot judge is worse than none: the policy learns what pleases it
(docs/decisions/0026-reliable-steps.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from annotation.cot.steps import StepKind

# Cohen's kappa with people on queries that the model has not seen, by step; None where it is
# undefined. {} for a model that nobody has measured.
Kappas = Mapping[StepKind, float | None]

EVERY = -1.0  # the least kappa that there is: everything is asked


def kappas_of(held_out: Mapping[str, Any] | None) -> dict[StepKind, float | None]:
    """Of the report on the held-out queries (``training.rl.measure.rm_metrics``)."""
    by_kind = (held_out or {}).get("by_kind") or {}
    return {StepKind(int(kind)): row.get("kappa") for kind, row in by_kind.items()}


def doubted(
    kappas: Kappas, least: float, kinds: Iterable[StepKind]
) -> dict[StepKind, float | None]:
    """Those of ``kinds`` on which the model is not asked, with its kappa: it is below
    ``least``, or could not be measured. A model without any measure is asked about all."""
    if not kappas or least <= EVERY:
        return {}
    known = {kind: kappas.get(kind) for kind in kinds}
    return {kind: kappa for kind, kappa in known.items() if kappa is None or kappa < least}
