"""What a run would work with, counted before it is launched."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Count, QuerySet

from annotation.cot.rules import Rules, parse_rules
from annotation.cot.steps import OPEN_KINDS, STRUCTURED_KINDS, StepKind
from annotation.cot.wording import wording as _
from annotation.models import Pair, Project, Resolution
from training.disagreements.select import DECIDED
from training.job.config import RunConfig
from training.job.methods import METHODS, Method
from training.models import Checkpoint
from training.reward.reliable import doubted
from training.rollouts.pair_choice import FEW_QUERIES, pairs_choose, pairs_spread
from training.runs.checks import Check, Data, checks
from training.runs.lengths import length_problems, length_warnings
from training.runs.run_config import ConfigError, DataOptions, config_check
from training.runs.select import seconds_of_earlier_runs
from training.scoring.select import rm_kappas
from verifier.implied import completed
from verifier.models import GroundTruth
from verifier.truth import HUMAN_SOURCES, Truth, truth_of

_MOSTLY = 0.5


@dataclass(frozen=True, slots=True)
class Preflight:
    """Counts are of pairs unless named otherwise, and of those the run will use. ``problems``
    block the launch; ``test_pairs_due`` says that sampling held-out pairs and having them
    labelled would give the run something to be measured on.

    ``truth`` is kind -> source -> training pairs; ``verdicts`` counts what people decided;
    ``human_share`` is the share of the known (pair, kind 3-5) values that people decided, None
    when nothing is known.
    """

    eval_split: str = "test"
    train_pairs: int = 0
    train_queries: int = 0
    eval_pairs: int = 0
    eval_queries: int = 0
    truth: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    labelled_rollouts: int = 0
    labelled_steps: int = 0
    verdicts: Mapping[str, int] = field(default_factory=dict)
    human_share: float | None = None
    estimated_seconds: float | None = None
    test_pairs_due: bool = False
    checks: tuple[Check, ...] = ()
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        return not self.problems

    @property
    def refusals(self) -> tuple[Check, ...]:
        """The project's thresholds that are not met; a lead may waive them."""
        return tuple(check for check in self.checks if not check.met)


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
        resolved = config_check(method=method, policy=policy, rm=rm, config=config)
        options = DataOptions.of(config)
    except ConfigError as error:
        return Preflight(problems=(error.message,))
    split = options.eval_split
    train = _truths(project, "train")
    chosen = train_pairs(project, options.train_limit)
    tiers = (
        _truths(project, split)
        .filter(kind=StepKind.FINAL)
        .exclude(source=GroundTruth.Source.SILVER)
    )
    held_out = pairs_choose(_rows(tiers), options.eval_limit)
    held_out = held_out[: resolved.eval.limit or None]
    labels = _labels(project, split)
    if options.train_limit:
        train = train.filter(pair_id__in=[pk for pk, _query in chosen])
    table = _table(train, parse_rules(project.rules))
    row = METHODS[method]
    seen = Preflight(
        eval_split=split,
        train_pairs=len(chosen),
        train_queries=len({query for _pk, query in chosen}),
        eval_pairs=len(held_out),
        eval_queries=len({query for _pk, query in held_out}),
        truth=table,
        labelled_rollouts=labels.values("item__rollout_id").distinct().count(),
        labelled_steps=labels.values("item__rollout_id", "kind").distinct().count(),
        verdicts=_verdicts(labels),
        human_share=_human_share(table),
        estimated_seconds=seconds_of_earlier_runs(project, method),
        test_pairs_due=not held_out and _pairs(project, split).exists(),
    )
    pairs = policy, resolved, [pk for pk, _query in chosen], [pk for pk, _query in held_out]
    return replace(
        seen,
        checks=tuple(checks(project, row, policy, rm, Data([pk for pk, _q in chosen], table))),
        problems=(*_problems(seen, row), *length_problems(*pairs)),
        warnings=(*_warnings(seen, row, rm, resolved), *length_warnings(*pairs)),
    )


def train_pairs(project: Project, limit: int) -> list[tuple[int, str]]:
    """(pair, query) of the pairs that a run would train on."""
    return pairs_spread(_rows(_truths(project, "train")), limit)


def _problems(seen: Preflight, row: Method) -> Iterator[str]:
    if row.leaves == "rm":
        if not seen.labelled_steps:
            yield _("no step has been decided by people: there is nothing to learn from")
        elif len(seen.verdicts) < 2:
            (verdict,) = seen.verdicts
            yield _(
                "every decided step is %(verdict)s: a reward model needs both verdicts",
                verdict=verdict,
            )
        return
    if not seen.train_pairs:
        yield _(
            "no training pair has a known answer: import verified answers, or have rollouts of "
            "training pairs labelled"
        )
    if seen.test_pairs_due:
        yield _(
            "no pair of the %(split)s split has a verified tier: nothing to evaluate on. "
            "Sample %(split)s pairs, and have them labelled",
            split=seen.eval_split,
        )
    elif not seen.eval_pairs:
        yield _(
            "no pair is in the %(split)s split: nothing to evaluate on. "
            "Import more queries, or choose the other split",
            split=seen.eval_split,
        )


def _warnings(
    seen: Preflight, row: Method, rm: Checkpoint | None, config: RunConfig
) -> Iterator[str]:
    if row.takes_rm and rm is None:
        yield _("without a reward model steps 1 and 2 get no reward")
    if row.takes_rm and rm is not None:
        yield from _unasked(rm, config)
    if row.takes_rm and seen.human_share == 0:
        yield _("no step reward would come from people")
    for kind, silver in _mostly_silver(seen.truth):
        if row.credits == "step" and config.use_silver:
            yield _(
                "of what rewards step %(kind)s, %(share)s %% is silver, which is word overlap: "
                "the policy learns that there. use_silver = false leaves it without a reward",
                kind=kind,
                share=round(100 * silver),
            )
    if row.leaves != "rm" and 0 < seen.eval_queries < FEW_QUERIES:
        yield _(
            "the run is measured on %(n)s queries: below %(few)s, an interval says little "
            "about other queries",
            n=seen.eval_queries,
            few=FEW_QUERIES,
        )


def _unasked(rm: Checkpoint, config: RunConfig) -> Iterator[str]:
    """The open steps that the reward model leaves alone."""
    if config.rewards.source != "hybrid":
        return
    least = config.rewards.least_kappa
    for kind, kappa in doubted(rm_kappas(rm), least, OPEN_KINDS).items():
        values = {"name": rm.name, "kind": int(kind), "least": f"{least:.2f}"}
        if kappa is None:
            yield _(
                "%(name)s does not reward step %(kind)s: its kappa with people on held-out "
                "queries is unknown, and %(least)s is wanted (rewards.least_kappa)",
                **values,
            )
        else:
            yield _(
                "%(name)s does not reward step %(kind)s: its kappa with people on held-out "
                "queries is %(kappa)s, and %(least)s is wanted (rewards.least_kappa)",
                kappa=f"{kappa:.2f}",
                **values,
            )


def _mostly_silver(table: Mapping[int, Mapping[str, int]]) -> Iterator[tuple[int, float]]:
    """(kind, share) of the steps of which more than half of the known truth is silver."""
    for kind, row in table.items():
        share = row.get(GroundTruth.Source.SILVER, 0) / max(sum(row.values()), 1)
        if share > _MOSTLY:
            yield kind, share


def _pairs(project: Project, split: str) -> QuerySet[Pair]:
    return Pair.objects.filter(project=project, split=split)


def _rows(truths: QuerySet[GroundTruth]) -> Iterator[tuple[int, str]]:
    """(pair, query) of the pairs in ``truths``, by pair."""
    pairs = Pair.objects.filter(pk__in=truths.values("pair_id")).order_by("pk")
    return pairs.values_list("pk", "query").iterator()


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
        verdict__in=DECIDED,
        item__rollout__parse_error="",
    ).exclude(pair__split=held_out)


def _table(truths: QuerySet[GroundTruth], rules: Rules) -> dict[int, dict[str, int]]:
    """kind -> source -> pairs, what their tiers imply with them."""
    pairs: dict[int, dict[StepKind, Truth]] = defaultdict(dict)
    rows = truths.values_list("pair", "kind", "value", "source")
    for pair, kind, value, source in rows.iterator():
        pairs[pair].update([truth_of(kind, value, source)])
    counts = {int(kind): Counter[str]() for kind in STRUCTURED_KINDS}
    for known in pairs.values():
        for kind, truth in completed(known, rules).items():
            counts[kind][truth.source] += 1
    return {kind: dict(sorted(counter.items())) for kind, counter in counts.items()}


def _verdicts(labels: QuerySet[Resolution]) -> dict[str, int]:
    return dict(labels.values_list("verdict").annotate(n=Count("pk")).order_by("verdict"))


def _human_share(table: Mapping[int, Mapping[str, int]]) -> float | None:
    known = sum(sum(row.values()) for row in table.values())
    human = sum(n for row in table.values() for s, n in row.items() if s in HUMAN_SOURCES)
    return human / known if known else None
