"""The circle's report as lines a person can read. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lab.compare.real.beside import beside_lines


def table(report: Mapping[str, Any]) -> Iterator[str]:
    """One line a fact, in the order in which the circle turns."""
    for key in ("pairs", "rollouts", "step_labels", "resolutions", "ground_truth"):
        yield f"{key:<28}{_counts(report[key])}"
    for row in report.get("agreement", []):
        alpha = "undefined" if row["alpha"] is None else f"{row['alpha']:.3f}"
        yield f"  alpha, step {row['kind']:<15}{alpha}  ({row['n_items']} items)"
    held_out = report["rm"].get("held_out", {})
    yield f"{'reward model, held out':<28}{_counts(held_out)}"
    for kind, row in sorted(held_out.get("by_kind", {}).items()):
        yield f"  step {kind:<21}{_counts(row)}"
    if gate := report.get("gate"):
        yield f"{'reward model in charge':<28}{'yes' if gate['appointed'] else 'no'}"
        for line in gate["refusal"]:
            yield f"  {line}"
    yield from _evaluation(report)
    yield from beside_lines(report.get("beside", []))
    yield f"{'step rewards from people':<28}{_share(report.get('human_share'))}"
    if sources := report.get("reward_sources"):
        yield f"{'  by source':<28}{_counts(sources)}"
    if once := report.get("asked_once"):
        yield f"{'labels saved':<28}{once['labels_saved']}"
        for kind in (1, 2):
            name = f"  step {kind}, reused"
            yield f"{name:<28}{_share(once[f'reuse_share_kind_{kind}'])}"
        yield f"{'  audit contradicts':<28}{_counts(once['audit_contradiction'])}"
    yield f"{'disagreements opened':<28}{report['disagreements_opened']}"
    if states := report.get("disagreements"):
        yield f"{'  of them now':<28}{_counts(states)}"
    yield f"{'seconds':<28}{report['seconds']:.0f}"


def _evaluation(report: Mapping[str, Any]) -> Iterator[str]:
    for moment in ("eval_start", "eval_before", "eval_after"):
        if metrics := report.get(moment):
            low, high = metrics["macro_f1_interval"]
            yield (
                f"{moment:<28}macro F1 {metrics['macro_f1']:.3f} [{low:.3f}, {high:.3f}]  "
                f"kappa {metrics['kappa_quadratic']:.3f}  accuracy {metrics['accuracy']:.3f}  "
                f"parsed {metrics['parse_rate']:.3f}  n {metrics['n']}"
            )
    if delta := report.get("eval_delta"):
        low, high = delta["interval"]
        gain = f"{delta['macro_f1']:+.3f} [{low:+.3f}, {high:+.3f}]"
        yield f"{'macro F1 after - before':<28}{gain}"
    if curve := report.get("curve"):
        yield (
            f"{'policy kept':<28}of update {curve['kept']}, by {curve['by']} on "
            f"{curve['pairs']} pairs of {curve['queries']} validation queries"
        )
    if ceiling := report.get("rater_ceiling"):
        yield (
            f"{'rater against rater':<28}macro F1 {ceiling['macro_f1']:.3f}  "
            f"kappa {ceiling['kappa_quadratic']:.3f}"
        )
    if alpha := report.get("alpha_from_file"):
        yield (
            f"{'alpha of the final step':<28}here {alpha['here']:.6f}  "
            f"from the file {alpha['file']:.6f}  ({alpha['level']})"
        )


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1%}"


def _counts(value: Any) -> str:
    if isinstance(value, Mapping):
        return "  ".join(f"{k} {_number(v)}" for k, v in value.items() if not _nested(v))
    return _number(value)


def _nested(value: Any) -> bool:
    return isinstance(value, Mapping | list)


def _number(value: Any) -> str:
    if value is None:
        return "undefined"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
