"""What became of the reward model that a round trained."""

from __future__ import annotations

from enum import StrEnum

from annotation.models import Round
from training.judges.gate import GateReport
from training.judges.select import gate_of, was_in_charge
from training.models import Checkpoint, RmGate


class GateVerdict(StrEnum):
    MEASURING = "measuring"  # the gate is at it
    PASSED = "passed"  # and is about to be appointed
    APPOINTED = "appointed"
    REFUSED = "refused"
    NONE = "none"  # too little gold, or the gate could not measure it


def verdict_on(row: Round, candidate: Checkpoint | None) -> GateVerdict | None:
    """None as long as there is no candidate."""
    if candidate is None:
        return None
    if was_in_charge(row.project, candidate):
        return GateVerdict.APPOINTED
    gate = gate_of(row.project, candidate)
    if gate is None or gate.state == RmGate.State.FAILED:
        return GateVerdict.NONE
    if gate.state != RmGate.State.DONE:
        return GateVerdict.MEASURING
    report = GateReport.of(gate.report)
    if not report.enough:
        return GateVerdict.NONE
    return GateVerdict.PASSED if report.passes else GateVerdict.REFUSED
