"""Which pairs a round samples: those where an answer is worth most, a share that chance takes,
and held-out ones, whose verdicts are the gold of the gate."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, F, Max, OuterRef, QuerySet, Value
from django.db.models.functions import MD5, Concat

from annotation.cot.readings import most_frequent
from annotation.cot.steps import StepKind
from annotation.models import Pair, Project, QueueItem, Rollout
from annotation.models.queue import LIVE_STATES
from training.judges.gate import ENOUGH_GOLD
from training.judges.gold import gold_count
from training.rounds.plan import Plan
from training.runs.run_config import DataOptions
from training.scoring.groups import GroupKey, groups_of
from training.scoring.queue_order import order_in_force, worth_of
from training.scoring.select import current_rm
from verifier.models import GroundTruth
from verifier.truth import HUMAN_SOURCES

_RANKED = 2_000  # pairs with rollouts that an order is asked about, those rolled out last


def round_pairs(project: Project, plan: Plan, number: int) -> list[Pair]:
    """All that round ``number`` samples."""
    return pairs_for_round(project, plan.pairs, number) + gold_pairs(project, plan, number)


def pairs_for_round(project: Project, count: int, number: int = 0) -> list[Pair]:
    """Training pairs that nobody is being asked about.

    ``explore_percent`` of them are drawn evenly from those whose tier people have not decided.
    Then come those of which the project's order expects something, by the rollouts that there
    are; then those without a rollout and the others, undecided ones first, as the hashes come.
    """
    free = _free(project, "train", number)
    undecided = free.filter(decided=False)
    chosen = list(undecided.order_by("drawn")[: round(count * project.explore_percent / 100)])
    taken = {pair.pk for pair in chosen}
    ranked = [pair for pair in _by_worth(project, undecided) if pair.pk not in taken]
    chosen += ranked[: count - len(chosen)]
    others = free.exclude(pk__in=[pair.pk for pair in chosen])
    others = others.order_by("decided", "rolled", "content_hash")
    return chosen + list(others[: count - len(chosen)])


def gold_pairs(project: Project, plan: Plan, number: int = 0) -> list[Pair]:
    """Pairs that no run of the plan learns from, drawn evenly, as long as the gate lacks
    gold."""
    split = DataOptions.of(plan.rm).eval_split
    if not plan.gold or gold_count(project, split) >= ENOUGH_GOLD:
        return []
    return list(_free(project, split, number).order_by("decided", "drawn")[: plan.gold])


def _free(project: Project, split: str, number: int) -> QuerySet[Any]:
    """Pairs with ``decided``, ``rolled`` and ``drawn``, a draw of this round."""
    human = GroundTruth.objects.filter(
        pair=OuterRef("pk"), kind=StepKind.FINAL, superseded_at=None, source__in=HUMAN_SOURCES
    )
    waiting = QueueItem.objects.filter(rollout__pair=OuterRef("pk"), state__in=LIVE_STATES)
    return Pair.objects.filter(~Exists(waiting), project=project, split=split).annotate(
        decided=Exists(human),
        rolled=Exists(Rollout.objects.filter(pair=OuterRef("pk"))),
        drawn=MD5(Concat(F("content_hash"), Value(f" {number}"))),
    )


def _by_worth(project: Project, undecided: QuerySet[Any]) -> list[Pair]:
    """Those whose newest group is worth an answer, the most first."""
    rm = current_rm(project)
    order = order_in_force(project, rm)
    if order is None:
        return []
    newest = undecided.filter(rolled=True).annotate(last=Max("rollouts__pk")).order_by("-last")
    pairs = {pair.pk: pair for pair in newest[:_RANKED]}
    groups = groups_of(list(pairs), rm)
    last: dict[int, GroupKey] = {}
    for key in sorted(groups, key=lambda key: max(groups[key].rollouts)):
        last[key[0]] = key
    worth = worth_of(project, order)
    worths = {}
    for pk, key in last.items():
        stored = groups[key]
        kinds = [int(kind) for kind in StepKind if kind not in stored.known]
        worths[pk] = worth(stored.group, most_frequent(stored.group.claims), kinds)
    rising = sorted((pk for pk in worths if worths[pk] > 0), key=lambda pk: (-worths[pk], pk))
    return [pairs[pk] for pk in rising]
