"""Greedy decoding on a held-out set and the evaluation report of docs/formats.md."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotation.cot.steps import (
    STRUCTURED_KINDS,
    CotParseError,
    Layout,
    StepKind,
    parse,
    parse_partial,
)
from training.job.config import EvalConfig
from training.job.files import read_finished_jsonl, write_json, write_jsonl
from training.job.folder import evaluation_file, predictions_file
from training.job.types import BadInput, Sample
from training.rl.measure.answers import answer_of
from training.rl.measure.bootstrap import interval, paired_interval, query_tables
from training.rl.measure.classification import (
    TIERS,
    UNREAD,
    Counts,
    accuracy,
    class_f1,
    count_table,
    good_f1,
    kappa_quadratic,
    macro_f1,
)
from training.rl.policy.generate import Completion, Decoding, generate_batches
from training.rl.policy.model import Policy

# what eval.best_by may name
MEASURES: Mapping[str, Callable[[Counts], float | None]] = {
    "macro_f1": macro_f1,
    "kappa_quadratic": kappa_quadratic,
    "good_f1": good_f1,
    "accuracy": accuracy,
}
# (done, all) after each batch; may raise to stop
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the policy answered; ``tier`` is None when the text is not a five-step CoT, or was
    ``cut`` by its token budget."""

    sample: Sample
    text: str
    tier: str | None
    cut: bool = False


def held_out(samples: Sequence[Sample], limit: int = 0) -> list[Sample]:
    """The samples whose tier is known, cut to ``limit`` (0 = all).

    Raises:
        BadInput: if none is left.
    """
    known = [sample for sample in samples if sample.best(StepKind.FINAL)]
    if not known:
        raise BadInput("eval.jsonl: no pair has a known tier, nothing to evaluate on")
    return known[:limit] if limit else known


def predict(
    policy: Policy,
    samples: Sequence[Sample],
    config: EvalConfig,
    on_progress: Progress = lambda done, total: None,
    *,
    answer_only: bool = False,
) -> list[Prediction]:
    """Greedy answers, in the order of ``samples``; ``answer_only`` for a policy that was
    trained to give its tier and nothing else."""
    prompts = [policy.prompt(sample.text) for sample in samples]
    decoding = Decoding(max_tokens=config.max_tokens, batch_size=config.batch_size)
    answers: dict[int, Completion] = {}
    for batch in generate_batches(policy, prompts, decoding):
        answers.update({index: completions[0] for index, completions in batch})
        on_progress(len(answers), len(samples))
    predictions = []
    for index, sample in enumerate(samples):
        text, cut = answers[index].text, answers[index].finish == "length"
        tier = answer_of(text) if answer_only else _tier(text, policy.layout)
        predictions.append(Prediction(sample, text, None if cut else tier, cut))
    return predictions


def report(predictions: Sequence[Prediction], draws: int = 1000) -> dict[str, Any]:
    """The evaluation report; ``predictions`` must have a known tier each."""
    truths, answers, queries = _columns(predictions)
    tables = query_tables(queries, truths, answers)
    table = tables.sum(0)
    return {
        "n": len(predictions),
        "queries": len(tables),
        "macro_f1": macro_f1(table),
        "macro_f1_interval": interval(macro_f1, tables, draws),
        "accuracy": accuracy(table),
        "good_f1": good_f1(table),
        "kappa_quadratic": kappa_quadratic(table),
        "per_class_f1": dict(zip(TIERS, class_f1(table), strict=True)),
        "confusion": table[:, :UNREAD].tolist(),
        "parse_rate": 1 - float(table[:, UNREAD].sum() / max(table.sum(), 1)),
        **_step_accuracy(predictions),
        "by_query_type": _by_query_type(predictions),
    }


def delta(
    before: Sequence[Prediction], after: Sequence[Prediction], draws: int = 1000
) -> dict[str, Any]:
    """``{"macro_f1": after - before, "interval": [low, high]}``, paired by query."""
    old, new = _paired(before, after)
    return {
        "macro_f1": macro_f1(new.sum(0)) - macro_f1(old.sum(0)),
        "interval": paired_interval(macro_f1, old, new, draws),
    }


def gain_interval(
    before: Sequence[Prediction], after: Sequence[Prediction], by: str, draws: int = 1000
) -> list[float]:
    """[low, high] of the measure ``by`` after - before, bootstrap paired by query."""

    def measure(table: Counts) -> float:
        return MEASURES[by](table) or 0.0  # a kappa that is not defined tells nothing apart

    return paired_interval(measure, *_paired(before, after), draws)


def write_report(folder: Path, name: str, predictions: Sequence[Prediction], draws: int) -> Any:
    """Write ``eval_NAME.json`` and ``predictions_NAME.jsonl``; returns the report."""
    file = write_predictions(folder, name, predictions)
    body = {**report(predictions, draws), "predictions": file}
    write_json(folder / evaluation_file(name), body)
    return body


def read_predictions(folder: Path, name: str, samples: Sequence[Sample]) -> list[Prediction]:
    """What ``write_predictions`` wrote of these pairs."""
    known = {sample.pair_id: sample for sample in samples}
    rows = read_finished_jsonl(folder / predictions_file(name))
    return [Prediction(known[row["pair_id"]], row["text"], row["tier"]) for row in rows]


def write_predictions(folder: Path, name: str, predictions: Sequence[Prediction]) -> str:
    """Returns the name of the file."""
    file = predictions_file(name)
    rows = [{"pair_id": p.sample.pair_id, "text": p.text, "tier": p.tier} for p in predictions]
    write_jsonl(folder / file, rows)
    return file


def _tier(text: str, layout: Layout) -> str | None:
    try:
        steps = parse(text, layout)
    except CotParseError:
        return None
    return next(step.value for step in steps if step.kind is StepKind.FINAL)


def _truth(sample: Sample, kind: StepKind) -> str | None:
    best = sample.best(kind)
    return best.value if best else None


def _paired(before: Sequence[Prediction], after: Sequence[Prediction]) -> tuple[Counts, Counts]:
    """The tables by query of both, of the same pairs in the same order."""
    truths, first, queries = _columns(before)
    second = [prediction.tier for prediction in after]
    return query_tables(queries, truths, first), query_tables(queries, truths, second)


def _columns(
    predictions: Sequence[Prediction],
) -> tuple[list[str], list[str | None], list[str]]:
    truths = [_truth(p.sample, StepKind.FINAL) or "" for p in predictions]
    return truths, [p.tier for p in predictions], [p.sample.text.query for p in predictions]


def _step_accuracy(predictions: Sequence[Prediction]) -> dict[str, Any]:
    """Per step the share of right claims beside the share of the commonest truth; None where
    no truth is known."""
    right: Counter[StepKind] = Counter()
    truths: dict[StepKind, Counter[str]] = {kind: Counter() for kind in STRUCTURED_KINDS}
    for prediction in predictions:
        claims = {step.kind: step.value for step in parse_partial(prediction.text)}
        for kind in STRUCTURED_KINDS:
            truth = _truth(prediction.sample, kind)
            if truth is not None:
                truths[kind][truth] += 1
                right[kind] += claims.get(kind) == truth
    share, majority = {}, {}
    for kind, counts in truths.items():
        n, key = counts.total(), str(int(kind))
        share[key] = right[kind] / n if n else None
        majority[key] = max(counts.values()) / n if n else None
    return {"step_accuracy": share, "step_majority": majority}


def _by_query_type(predictions: Sequence[Prediction]) -> dict[str, Any]:
    groups: dict[str, list[Prediction]] = defaultdict(list)
    for prediction in predictions:
        groups[prediction.sample.query_type or "unknown"].append(prediction)
    reports = {}
    for name, members in sorted(groups.items()):
        truths, answers, _ = _columns(members)
        table = count_table(truths, answers)
        reports[name] = {
            "n": len(members),
            "macro_f1": macro_f1(table),
            "accuracy": accuracy(table),
        }
    return reports
