"""A project's order: which of the undecided questions come first, and which wait."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from annotation.cot.readings import most_frequent
from annotation.cot.steps import StepKind
from annotation.models import Project, QueueItem
from training.models import Checkpoint, ItemRank, StepScore
from training.scoring.expected import expected_change
from training.scoring.groups import StoredGroup, groups_of, seconds_by_kind, value_prior
from training.scoring.places import OpenItem, explored, priorities
from training.scoring.priority import PairGroup, claim_entropy, flip_risk, least_sure
from training.scoring.superseded import policies_behind, superseded_drop
from verifier.models import VerifierRelease

EXPLORE, BY_ORDER = "explore", "order"  # QueueItem.selection
_Order = Project.Order
_NEED_RM = frozenset({_Order.UNCERTAINTY, _Order.FLIP_RISK, _Order.EXPECTED_CHANGE})
_REASONS = (QueueItem.Reason.NEW, QueueItem.Reason.MALFORMED)
_COMPARED = 2_000  # ranked items that a new one is compared with
Worth = Callable[[PairGroup, int, Sequence[int]], float]


def queue_rank(*, project: Project, rm: Checkpoint | None, limit: int = 500) -> int:
    """Place open items that nobody waits for; returns how many were. Due is what has no place
    yet, and all again when the order, the reward model in charge, the release or the policy is
    another; at most ``limit`` a call. The orders that ask a reward model leave out what ``rm``
    has not scored. What somebody raised by hand stays raised.
    """
    if project.order == _Order.OLDEST:
        return _places_forget(project, limit)
    order = order_in_force(project, rm)
    if order is None:
        return 0
    behind = policies_behind(project)
    superseded_drop(project=project, behind=behind)
    key = _key(project, order, rm, behind)
    due = list(
        _due(project, order, rm, key).select_related("rollout__pair").order_by("pk")[:limit]
    )
    if not due:
        return 0
    candidates = _candidates(project, order, rm, due, behind)
    front = _in_front(project, candidates)
    placed = priorities(
        candidates,
        project.explore_percent,
        list(_compared(project, key)),
        Counter(query for _, query in front),
        {pair for pair, _ in front},
    )
    return _places_store(project, key, due, candidates, placed)


def order_in_force(project: Project, rm: Checkpoint | None) -> _Order | None:
    """The project's order as far as it can be had: None where nothing is expected of one item
    more than of another. Until a reward model is in charge ``expected_change`` gives way to
    ``claim_entropy``, the best order that needs none (docs/results_former.md)."""
    order = _Order(project.order)
    if order == _Order.EXPECTED_CHANGE and rm is None:
        return _Order.CLAIM_ENTROPY
    return None if order == _Order.OLDEST or (order in _NEED_RM and rm is None) else order


def _key(project: Project, order: _Order, rm: Checkpoint | None, behind: dict[str, int]) -> str:
    """What the places depend on."""
    release = VerifierRelease.objects.filter(project=project).order_by("-pk").first()
    judge = rm.pk if rm and order in _NEED_RM else 0
    newer = sum(behind.values())  # grows whenever a policy is superseded
    number = release.pk if release else 0
    return f"{order} {judge} {number} {newer} {project.explore_percent}"


def _due(
    project: Project, order: _Order, rm: Checkpoint | None, key: str
) -> QuerySet[QueueItem]:
    place = ItemRank.objects.filter(item=OuterRef("pk"))
    ours = place.filter(priority=OuterRef("priority")).exclude(key=key)
    due = QueueItem.objects.filter(
        Q(~Exists(place), priority=0) | Exists(ours),
        project=project,
        state=QueueItem.State.OPEN,
        reason__in=_REASONS,
    )
    if order not in _NEED_RM:
        return due
    return due.filter(
        Exists(StepScore.objects.filter(rm=rm, step__rollout=OuterRef("rollout")))
    )


def _candidates(
    project: Project,
    order: _Order,
    rm: Checkpoint | None,
    due: Iterable[QueueItem],
    behind: dict[str, int],
) -> list[OpenItem]:
    groups = groups_of({item.rollout.pair_id for item in due}, rm)
    worth = worth_of(project, order)
    shown = {key: most_frequent(stored.group.claims) for key, stored in groups.items()}
    candidates = []
    for item in due:
        rollout = item.rollout
        key = rollout.pair_id, rollout.policy
        stored: StoredGroup = groups[key]
        row = stored.rollouts.index(rollout.pk)
        kinds = [kind for kind in item.kinds if kind not in stored.known]
        candidates.append(
            OpenItem(
                item=item.pk,
                pair=rollout.pair_id,
                query=rollout.pair.query,
                policy=rollout.policy,
                worth=worth(stored.group, row, kinds),
                shown=row == shown[key],
                behind=behind.get(rollout.policy, 0),
            )
        )
    return candidates


def worth_of(project: Project, order: _Order) -> Worth:
    """What an answer about a rollout's steps is worth by ``order``."""
    if order == _Order.UNCERTAINTY:
        return least_sure
    if order == _Order.FLIP_RISK:
        return flip_risk
    if order == _Order.EXPECTED_CHANGE:
        prior, seconds = value_prior(project), seconds_by_kind(project)
        return lambda group, row, kinds: expected_change(group, row, kinds, prior, seconds)
    return lambda group, row, kinds: claim_entropy(group) if StepKind.FINAL in kinds else 0.0


def _in_front(project: Project, candidates: Sequence[OpenItem]) -> list[tuple[int, str]]:
    """(pair, query) of open items of the candidates' queries that stay in front."""
    placed = ItemRank.objects.filter(
        item__project=project,
        item__state=QueueItem.State.OPEN,
        priority__gt=0,
        item__rollout__pair__query__in={candidate.query for candidate in candidates},
    ).exclude(item__in=[candidate.item for candidate in candidates])
    return list(placed.values_list("item__rollout__pair", "item__rollout__pair__query"))


def _compared(project: Project, key: str) -> Iterable[float]:
    ranked = ItemRank.objects.filter(
        item__project=project, item__state=QueueItem.State.OPEN, key=key
    )
    return ranked.order_by("-item").values_list("worth", flat=True)[:_COMPARED]


@transaction.atomic
def _places_store(
    project: Project,
    key: str,
    due: Sequence[QueueItem],
    candidates: Sequence[OpenItem],
    placed: dict[int, int],
) -> int:
    """An item that somebody gave another priority in the meantime keeps that."""
    moves: dict[tuple[int, int], list[int]] = defaultdict(list)
    for item in due:
        moves[item.priority, placed[item.pk]].append(item.pk)
    for (before, after), pks in moves.items():
        QueueItem.objects.filter(pk__in=pks, priority=before).update(priority=after)
    ItemRank.objects.bulk_create(
        [ItemRank(item_id=c.item, key=key, worth=c.worth, priority=placed[c.item])
         for c in candidates],
        update_conflicts=True, unique_fields=["item"],
        update_fields=["key", "worth", "priority"],
    )  # fmt: skip
    _mark(project, due, candidates)
    return len(placed)


def _mark(project: Project, due: Sequence[QueueItem], candidates: Sequence[OpenItem]) -> None:
    """Who placed an item, chance or its worth, is marked once: rates are estimated on it."""
    percent = project.explore_percent
    new = {item.pk for item in due if not item.selection}
    drawn = [c.item for c in candidates if c.item in new and explored(c, percent)]
    QueueItem.objects.filter(pk__in=drawn).update(selection=EXPLORE, probability=percent / 100)
    QueueItem.objects.filter(pk__in=new - set(drawn)).update(selection=BY_ORDER)


@transaction.atomic
def _places_forget(project: Project, limit: int) -> int:
    """The oldest first again: an order's places are taken back, not what somebody set."""
    places = ItemRank.objects.filter(
        item__project=project, item__state=QueueItem.State.OPEN
    ).values_list("item", "priority")[:limit]
    by_priority: dict[int, list[int]] = defaultdict(list)
    for item, priority in places:
        by_priority[priority].append(item)
    for priority, items in by_priority.items():
        QueueItem.objects.filter(pk__in=items, priority=priority).update(priority=0)
        ItemRank.objects.filter(item__in=items).delete()
    return sum(len(items) for items in by_priority.values())
