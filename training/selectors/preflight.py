"""What a run would work with, counted before it is launched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Count, QuerySet

from annotation.models import Pair, Project, Resolution
from annotation.steps import STRUCTURED_KINDS, StepKind
from training.models import Checkpoint
from training.run_config import (
    JUDGES,
    RL_METHODS,
    ConfigError,
    DataOptions,
    config_check,
)
from training.selectors.runs import seconds_of_earlier_runs
from verifier.models import GroundTruth
from verifier.truth import HUMAN_SOURCES


@dataclass(frozen=True, slots=True)
class Preflight:
    """Counts are of pairs unless named otherwise. ``problems`` block the launch.

    ``truth`` is kind -> source -> training pairs; ``verdicts`` counts what people decided;
    ``human_share`` is the share of the known (pair, kind 3-5) values that people decided, None
    when nothing is known.
    """

    train_pairs: int = 0
    eval_pairs: int = 0
    eval_queries: int = 0
    truth: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    labelled_rollouts: int = 0
    labelled_steps: int = 0
    verdicts: Mapping[str, int] = field(default_factory=dict)
    human_share: float | None = None
    estimated_seconds: float | None = None
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        return not self.problems


def preflight(
    *,
    project: Project,
    method: str,
    policy: Checkpoint,
    rm: Checkpoint | None,
    config: Mapping[str, Any],
) -> Preflight:
    """Never raises for what a user can put in: a bad configuration is a problem."""
    try:
        config_check(method=method, policy=policy, rm=rm, config=config)
        options = DataOptions.of(config)
    except ConfigError as error:
        return Preflight(problems=(str(error),))
    train = _truths(project, "train")
    tiers = _truths(project, options.eval_split).filter(kind=StepKind.FINAL)
    held_out = Pair.objects.filter(pk__in=tiers.exclude(source="silver").values("pair_id"))
    labels = _labels(project, options.eval_split)
    table = _table(train)
    seen = Preflight(
        train_pairs=_limited(train.values("pair_id").distinct().count(), options.train_limit),
        eval_pairs=_limited(held_out.count(), options.eval_limit),
        eval_queries=held_out.values("query").distinct().count(),
        truth=table,
        labelled_rollouts=labels.values("item__rollout_id").distinct().count(),
        labelled_steps=labels.values("item__rollout_id", "kind").distinct().count(),
        verdicts=_verdicts(labels),
        human_share=_human_share(table),
        estimated_seconds=seconds_of_earlier_runs(project, method),
    )
    return replace(
        seen,
        problems=tuple(_problems(seen, method, options.eval_split)),
        warnings=tuple(_warnings(seen, method, rm)),
    )


def _problems(seen: Preflight, method: str, eval_split: str) -> Iterator[str]:
    if method in JUDGES:
        if not seen.labelled_steps:
            yield "no step has been decided by people: there is nothing to learn from"
        elif len(seen.verdicts) < 2:
            (verdict,) = seen.verdicts
            yield f"every decided step is {verdict}: a reward model needs both verdicts"
        return
    if not seen.train_pairs:
        yield "no training pair has a known answer: refresh the ground truth"
    if not seen.eval_pairs:
        yield f"no pair of the {eval_split} split has a verified tier: nothing to evaluate on"


def _warnings(seen: Preflight, method: str, rm: Checkpoint | None) -> Iterator[str]:
    if method in RL_METHODS and rm is None:
        yield "without a reward model steps 1 and 2 get no reward"
    if method in RL_METHODS and seen.human_share == 0:
        yield "no step reward would come from people"


def _truths(project: Project, split: str) -> QuerySet[GroundTruth]:
    return GroundTruth.objects.filter(
        project=project,
        pair__split=split,
        superseded_at=None,
        kind__in=[int(kind) for kind in STRUCTURED_KINDS],
    )


def _labels(project: Project, held_out: str) -> QuerySet[Resolution]:
    return Resolution.objects.filter(
        pair__project=project,
        verdict__in=["correct", "incorrect"],
        item__rollout__parse_error="",
    ).exclude(pair__split=held_out)


def _table(truths: QuerySet[GroundTruth]) -> dict[int, dict[str, int]]:
    table: dict[int, dict[str, int]] = {int(kind): {} for kind in STRUCTURED_KINDS}
    rows = (
        truths.values_list("kind", "source").annotate(n=Count("pk")).order_by("kind", "source")
    )
    for kind, source, n in rows:
        table[kind][source] = n
    return table


def _verdicts(labels: QuerySet[Resolution]) -> dict[str, int]:
    return dict(labels.values_list("verdict").annotate(n=Count("pk")).order_by("verdict"))


def _human_share(table: Mapping[int, Mapping[str, int]]) -> float | None:
    known = sum(sum(row.values()) for row in table.values())
    human = sum(n for row in table.values() for s, n in row.items() if s in HUMAN_SOURCES)
    return human / known if known else None


def _limited(count: int, limit: int) -> int:
    return min(count, limit) if limit else count
