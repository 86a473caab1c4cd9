"""The leads' workbench: what the reward model says against what people say."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    ExpressionWrapper,
    F,
    FloatField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)

from annotation.cot.intervals import wilson
from annotation.cot.steps import StepKind
from annotation.models import Resolution, StepLabel
from training.disagreements.select import DECIDED
from training.models import BulkDecision, Checkpoint, Disagreement, StepScore
from training.scoring.priority import THRESHOLD

ALL = "all"


@dataclass(frozen=True, slots=True)
class DisagreementFilter:
    """What a lead looks at; empty means everything. ``human`` is people's verdict, and the
    model says the opposite."""

    step: str = ""
    state: str = Disagreement.State.OPEN.value  # ALL for every one
    human: str = ""
    rm: str = ""  # the reward model's id
    project: str = ""  # slug
    query_type: str = ""
    split: str = ""
    q: str = ""  # a part of the search query

    @classmethod
    def of(cls, values: Any) -> DisagreementFilter:
        """From form fields or stored JSON; what is not a filter is ignored."""
        given = {f.name: values.get(f.name) for f in fields(cls)}
        return cls(**{name: str(v).strip() for name, v in given.items() if v is not None})

    def stored(self) -> dict[str, str]:
        return asdict(self)

    @property
    def narrows(self) -> bool:
        return self != DisagreementFilter()


@dataclass(frozen=True, slots=True)
class Confusion:
    """One step: how often the model and people said what. ``n`` is all four."""

    kind: int
    both_correct: int
    rm_only: int  # the model says correct, people incorrect
    human_only: int  # people say correct, the model incorrect
    both_incorrect: int

    @property
    def n(self) -> int:
        return self.both_correct + self.rm_only + self.human_only + self.both_incorrect

    @property
    def rate(self) -> float | None:
        return (self.rm_only + self.human_only) / self.n if self.n else None


@dataclass(frozen=True, slots=True)
class VersionRate:
    """A reward model's share of steps on which it differs from people, with its 95 %
    Wilson interval."""

    rm: str
    number: int  # 1 = the first reward model
    n: int
    differ: int
    low: float
    high: float

    @property
    def rate(self) -> float:
        return self.differ / self.n


def disagreements_filtered(wanted: DisagreementFilter) -> QuerySet[Disagreement]:
    """The matching ones, by confidence x impact; what a list shows is loaded."""
    rows = Disagreement.objects.select_related(
        "step__rollout__pair__product", "score__rm", "resolution", "decided_by"
    )
    if wanted.step in {"1", "2", "3", "4", "5"}:
        rows = rows.filter(step__kind=int(wanted.step))
    if wanted.state in Disagreement.State.values:
        rows = rows.filter(state=wanted.state)
    if wanted.human in DECIDED:
        rows = rows.filter(resolution__verdict=wanted.human)
    if wanted.rm.isdigit():
        rows = rows.filter(score__rm=int(wanted.rm))
    if wanted.project:
        rows = rows.filter(project__slug=wanted.project)
    pair = "step__rollout__pair__"
    sliced = {pair + "query_type": wanted.query_type, pair + "split": wanted.split}
    rows = rows.filter(**{name: value for name, value in sliced.items() if value})
    if wanted.q:
        rows = rows.filter(step__rollout__pair__query__icontains=wanted.q)
    weight = ExpressionWrapper(F("confidence") * F("impact"), output_field=FloatField())
    return rows.annotate(weight=weight).order_by("-weight", "-confidence", "-pk")


def confusion_matrix(wanted: DisagreementFilter, rm: Checkpoint) -> list[Confusion]:
    """One row a step over every scored step that people decided, in the filter's slice."""
    counts = {
        (kind, says, human): n
        for kind, says, human, n in _verdicts(wanted)
        .filter(rm=rm)
        .values_list("step__kind", "says", "human")
        .annotate(n=Count("pk"))
    }
    return [
        Confusion(
            int(kind),
            *(counts.get((int(kind), says, human), 0) for says in DECIDED for human in DECIDED),
        )
        for kind in StepKind
    ]


def disagreement_trend(wanted: DisagreementFilter) -> list[VersionRate]:
    """One row a reward model, the oldest first, in the filter's slice and step."""
    scores = _verdicts(wanted)
    if wanted.step in {"1", "2", "3", "4", "5"}:
        scores = scores.filter(step__kind=int(wanted.step))
    rows = (
        scores.values_list("rm_id", "rm__name")
        .annotate(n=Count("pk"), differ=Count("pk", filter=~Q(says=F("human"))))
        .order_by("rm_id")
    )
    return [
        VersionRate(name, number, n, differ, *wilson(differ, n))
        for number, (_pk, name, n, differ) in enumerate(rows, 1)
    ]


def reward_models_scored() -> list[Checkpoint]:
    """Reward models with scores, the newest first."""
    used = StepScore.objects.values("rm_id").distinct()
    return list(Checkpoint.objects.filter(pk__in=used).order_by("-pk"))


def query_types() -> list[str]:
    """Of the disagreements there are."""
    name = "step__rollout__pair__query_type"
    rows = Disagreement.objects.order_by(name).values_list(name, flat=True).distinct()
    return [value for value in rows if value]


def recent_bulk_decisions(limit: int = 5) -> QuerySet[BulkDecision]:
    return BulkDecision.objects.select_related("lead").order_by("-pk")[:limit]


def _verdicts(wanted: DisagreementFilter) -> QuerySet[Any]:
    """Scores of decided steps with ``says`` (the model) and ``human``, in the slice."""
    newest = (
        Resolution.objects.filter(
            item__rollout=OuterRef("step__rollout"),
            kind=OuterRef("step__kind"),
            withdrawn_at=None,
        )
        .order_by("-pk")
        .values("verdict")[:1]
    )
    says = Case(
        When(p__gte=THRESHOLD, then=Value(StepLabel.Verdict.CORRECT.value)),
        default=Value(StepLabel.Verdict.INCORRECT.value),
        output_field=CharField(),
    )
    rows = StepScore.objects.annotate(human=Subquery(newest), says=says)
    rows = rows.filter(human__in=DECIDED)
    pair = "step__rollout__pair__"
    sliced = {
        pair + "project__slug": wanted.project,
        pair + "query_type": wanted.query_type,
        pair + "split": wanted.split,
        pair + "query__icontains": wanted.q,
    }
    return rows.filter(**{name: value for name, value in sliced.items() if value})
