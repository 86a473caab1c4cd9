"""The frozen gold: steps that people judged, of queries that no reward model learned from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from annotation.cot.splits import normal_query
from annotation.cot.steps import STRUCTURED_KINDS
from annotation.models import GoldItem, Project, Resolution, Step, StepLabel
from training.disagreements.select import DECIDED
from training.job.files import read_jsonl
from training.job.folder import LABELS
from training.models import Checkpoint, TrainingRun

Answer = tuple[tuple[int, int], str, str, str]  # (rollout, kind), answer, query, split
_KEPT_OUT = "test"  # the split that a run leaves out where it names none


@dataclass(frozen=True, slots=True)
class Learned:
    """What a reward model has seen: the queries of every ``labels.jsonl`` behind it. Where one
    cannot be read, all but the split that its run kept out (``only``) may have been in it."""

    queries: frozenset[str]
    only: frozenset[str] | None = None

    def has(self, query: str, split: str) -> bool:
        hidden = self.only is not None and split not in self.only
        return hidden or normal_query(query) in self.queries


@dataclass(frozen=True, slots=True)
class HumanVerdict:
    """What people say of one step, which is loaded with its rollout, pair and product."""

    step: Step
    correct: bool


def learned_from(rm: Checkpoint) -> Learned:
    """Of its own run and, where it went on from another reward model, of that one's."""
    queries: set[str] = set()
    only: set[str] | None = None
    for run in _runs_behind(rm):
        known = _label_queries(run)
        queries |= known or set()
        if known is None:
            split = {_kept_out(run)}
            only = split if only is None else only & split
    return Learned(frozenset(queries), None if only is None else frozenset(only))


def gold_verdicts(*, project: Project, rms: Iterable[Checkpoint]) -> list[HumanVerdict]:
    """Every step of a well-formed rollout with a human verdict whose query none of the models
    learned from, the oldest rollouts first and a rollout's steps in the order of its text.

    A verdict is the newest resolution that stands; without one, a gold item's answer.
    """
    learned = [learned_from(rm) for rm in rms]

    @cache
    def unseen(query: str, split: str) -> bool:
        return not any(model.has(query, split) for model in learned)

    answers = {
        key: answer
        for key, answer, query, split in chain(_gold_answers(project), _resolved(project))
        if unseen(query, split)
    }
    steps = (
        Step.objects.filter(
            rollout__in={rollout for rollout, _ in answers}, rollout__parse_error=""
        )
        .select_related("rollout__pair__product")
        .order_by("rollout_id", "start")
    )
    verdicts = []
    for step in steps:
        correct = _correct(step, answers.get((step.rollout_id, step.kind), ""))
        if correct is not None:
            verdicts.append(HumanVerdict(step, correct))
    return verdicts


def _correct(step: Step, answer: str) -> bool | None:
    """None where nobody has decided the step."""
    if answer in DECIDED:
        return answer == StepLabel.Verdict.CORRECT
    if answer and step.kind in STRUCTURED_KINDS:
        return answer == step.value
    return None


def _resolved(project: Project) -> Iterator[Answer]:
    """The verdicts, the newest last; "" where a decision says nothing of the step."""
    rows = Resolution.objects.filter(
        item__project=project, item__rollout__parse_error="", withdrawn_at=None
    ).order_by("pk")
    names = ("item__rollout", "kind", "verdict", "pair__query", "pair__split")
    for rollout, kind, verdict, query, split in rows.values_list(*names).iterator():
        yield (rollout, kind), verdict if verdict in DECIDED else "", query, split


def _gold_answers(project: Project) -> Iterator[Answer]:
    """The true values of steps 3 to 5, the verdicts on 1 and 2."""
    rows = GoldItem.objects.filter(project=project, active=True)
    names = ("rollout", "answers", "rollout__pair__query", "rollout__pair__split")
    for rollout, answers, query, split in rows.values_list(*names).iterator():
        for kind, answer in answers.items():
            yield (rollout, int(kind)), str(answer), query, split


def _runs_behind(rm: Checkpoint) -> Iterator[TrainingRun | None]:
    """The run that left it, and those of the reward models it went on from; None for a model
    whose run is not known."""
    current: Checkpoint | None = rm
    while current is not None and current.kind == Checkpoint.Kind.RM:
        run = current.run
        yield run
        current = run.policy if run else None


def _label_queries(run: TrainingRun | None) -> set[str] | None:
    if run is None or not run.run_dir:
        return None
    path = Path(run.run_dir) / LABELS
    if not path.is_file():
        return None
    return {normal_query(str(row["query"])) for _, row in read_jsonl(path)}


def _kept_out(run: TrainingRun | None) -> str:
    data: Any = run.config.get("data", {}) if run else {}
    return str(data.get("eval_split", _KEPT_OUT))
