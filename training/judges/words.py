"""What the gate says, in sentences."""

from __future__ import annotations

from collections.abc import Mapping

from annotation.cot.wording import Wording
from annotation.cot.wording import wording as _
from training.judges.gate import GateReport, Measured

NAMES: Mapping[str, Wording] = {
    "majority": _("accuracy above the majority"),
    "auc": _("AUC above chance"),
    "accuracy": _("accuracy"),
    "processbench_f1": _("ProcessBench F1"),
    "ece": _("ECE"),
}


def failing_lines(report: GateReport) -> list[Wording]:
    """Why the gate refuses, one sentence each; none when it passes."""
    lines = [_line(row, report.against) for row in report.failed]
    if not report.enough:
        short = _("not enough gold: %(n)s of %(least)s", n=report.n, least=report.least)
        return [short, *lines]
    return lines


def _line(row: Measured, against: str) -> Wording:
    bound = row.high if row.name == "ece" else row.low
    if bound is None:
        return _(
            "%(measure)s cannot be measured: the gold needs steps of both verdicts, and "
            "rollouts with and without an error",
            measure=NAMES[row.name],
        )
    numbers = {"candidate": f"{row.candidate:.3f}", "bound": f"{bound:+.3f}"}
    if row.name == "majority":
        return _(
            "accuracy %(candidate)s does not beat the majority %(other)s: the lower bound of "
            "the difference is %(bound)s",
            other=f"{row.other:.3f}",
            **numbers,
        )
    if row.name == "auc":
        return _(
            "AUC %(candidate)s is not above 0.5: its lower bound is %(lower)s",
            candidate=numbers["candidate"],
            lower=f"{bound + (row.other or 0.0):.3f}",
        )
    return _(
        "%(measure)s %(candidate)s against %(other)s of %(against)s: the bound of the "
        "difference is %(bound)s, the limit %(limit)s",
        measure=NAMES[row.name],
        other=f"{row.other:.3f}",
        against=against,
        limit=f"{row.limit:+.2f}",
        **numbers,
    )
