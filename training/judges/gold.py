"""The frozen gold: steps that people judged, of queries that no reward model learned from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce

from annotation.cot.splits import normal_query
from annotation.cot.steps import STRUCTURED_KINDS, StepKind
from annotation.models import (
    GoldItem,
    GuidelineVersion,
    Project,
    Resolution,
    Step,
    StepLabel,
)
from training.disagreements.select import DECIDED
from training.job.files import read_jsonl
from training.job.folder import LABELS
from training.models import Checkpoint, TrainingRun
from verifier.services.validity import Validity

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


class _Answer(NamedTuple):
    """``answer`` is a verdict or, of a gold item, a true value; ``value`` what is true of the
    pair; ``version`` of the guideline."""

    rollout: int
    pair: int
    kind: int
    answer: str
    value: str
    version: int
    query: str
    split: str


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

    A verdict is the newest resolution that stands; without one, a gold item's answer. What the
    guideline has overtaken since is none.
    """
    learned = [learned_from(rm) for rm in rms]

    @cache
    def unseen(query: str, split: str) -> bool:
        return not any(model.has(query, split) for model in learned)

    rows = [*_gold_answers(project), *_resolved(project)]
    valid = _validity(project, rows)
    answers = {
        (row.rollout, row.kind): row.answer if valid(row) else ""
        for row in rows
        if unseen(row.query, row.split)
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


def gold_count(project: Project, split: str) -> int:
    """Steps of pairs of ``split`` that people decided: about what the gate has there."""
    rows = Resolution.objects.filter(
        item__project=project, pair__split=split, verdict__in=DECIDED, withdrawn_at=None
    )
    return rows.values("item__rollout", "kind").distinct().count()


def _correct(step: Step, answer: str) -> bool | None:
    """None where nobody has decided the step."""
    if answer in DECIDED:
        return answer == StepLabel.Verdict.CORRECT
    if answer and step.kind in STRUCTURED_KINDS:
        return answer == step.value
    return None


def _resolved(project: Project) -> Iterator[_Answer]:
    """The verdicts, the newest last; "" where a decision says nothing of the step."""
    rows = Resolution.objects.filter(
        item__project=project, item__rollout__parse_error="", withdrawn_at=None
    ).order_by("pk")
    names = (
        "item__rollout", "pair", "kind", "verdict", "value", "guideline_version",
        "pair__query", "pair__split",
    )  # fmt: skip
    for rollout, pair, kind, verdict, value, version, query, split in rows.values_list(
        *names
    ).iterator():
        answer = verdict if verdict in DECIDED else ""
        yield _Answer(rollout, pair, kind, answer, value, version, query, split)


def _gold_answers(project: Project) -> Iterator[_Answer]:
    """The true values of steps 3 to 5, the verdicts on 1 and 2; of the guideline under which
    the item became gold."""
    versions = GuidelineVersion.objects.filter(
        project=OuterRef("project"), created_at__lte=OuterRef("created_at")
    ).order_by("-number")
    rows = GoldItem.objects.filter(project=project, active=True).annotate(
        version=Coalesce(Subquery(versions.values("number")[:1]), 1)
    )
    names = (
        "rollout", "rollout__pair", "version", "answers", "rollout__pair__query",
        "rollout__pair__split",
    )  # fmt: skip
    for rollout, pair, version, answers, query, split in rows.values_list(*names).iterator():
        for kind, answer in answers.items():
            yield _Answer(
                rollout, pair, int(kind), str(answer), str(answer), version, query, split
            )


def _validity(project: Project, rows: Sequence[_Answer]) -> Callable[[_Answer], bool]:
    """Whether an answer stands under the present guideline."""
    if all(row.version >= project.guideline_version for row in rows):
        return lambda row: True
    validity = Validity(project)

    def stands(row: _Answer) -> bool:
        return validity.stands(row.pair, row.kind, row.value, row.version)

    for row in rows:  # a tier's rule is that of its pair's category and attribute
        if row.kind != StepKind.FINAL and stands(row):
            validity.learn(row.pair, row.kind, row.value, Resolution.Source.CONSENSUS)
    return stands


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
