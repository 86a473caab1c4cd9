"""The groups of the database: rollouts of a policy for a pair, as the orders look at them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from statistics import median

from django.db.models import Count

from annotation.cot.rules import Rules, parse_rules
from annotation.cot.steps import OPEN_KINDS, STRUCTURED_KINDS, StepKind
from annotation.models import Project, QueueItem, Rollout, Step, StepLabel
from training.models import Checkpoint, StepScore
from training.scoring.expected import Prior
from training.scoring.priority import THRESHOLD, PairGroup
from verifier.implied import completed
from verifier.models import GroundTruth
from verifier.truth import STATED, Truth, truth_of

NAN = float("nan")
GroupKey = tuple[int, str]  # pair, policy
_RECENT = 400  # items whose labels say how long a step takes


@dataclass(slots=True)
class _RankedRollout:
    """A rollout: kind -> claimed value, hash of its own words, P(correct)."""

    broken: bool
    claims: dict[int, str] = field(default_factory=dict)
    hashes: dict[int, str] = field(default_factory=dict)
    chances: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredGroup:
    """``rollouts`` in the order of the group's rows; ``known`` = steps 3-5 whose value people
    or imported gold tell: asking again is worth nothing."""

    rollouts: list[int]
    known: frozenset[int]
    group: PairGroup


def groups_of(pairs: Collection[int], rm: Checkpoint | None) -> dict[GroupKey, StoredGroup]:
    """Every group of these pairs, with the rewards that a run would give that is started now
    with ``rm``."""
    members: dict[GroupKey, dict[int, _RankedRollout]] = defaultdict(dict)
    rows: dict[int, _RankedRollout] = {}
    for pk, pair, policy, error in (
        Rollout.objects.filter(pair__in=pairs)
        .order_by("pk")
        .values_list("pk", "pair", "policy", "parse_error")
    ):
        members[pair, policy][pk] = rows[pk] = _RankedRollout(broken=bool(error))
    steps = Step.objects.filter(rollout__in=rows).order_by()
    for pk, kind, value, sha256 in steps.values_list("rollout", "kind", "value", "sha256"):
        rows[pk].hashes[kind] = sha256
        if value:
            rows[pk].claims[kind] = value
    if rm is not None:
        scores = StepScore.objects.filter(rm=rm, step__rollout__in=rows).order_by()
        for pk, kind, p in scores.values_list("step__rollout", "step__kind", "p"):
            rows[pk].chances[kind] = p
    truths = _truths(pairs)
    verdicts = _verdicts(pairs)
    return {
        key: StoredGroup(
            list(group),
            _of_sources(truths[key[0]], STATED),
            PairGroup(
                claims=[row.claims for row in group.values()],
                hashes=[row.hashes for row in group.values()],
                chances=[row.chances for row in group.values()],
                rewards=[_rewards(row, truths[key[0]], verdicts) for row in group.values()],
                guessed=_of_sources(truths[key[0]], ("silver",)),
            ),
        )
        for key, group in members.items()
    }


def value_prior(project: Project) -> Prior:
    """How often each value is true of the project's pairs, by people and imported gold."""
    rows = GroundTruth.objects.filter(
        project=project, kind__in=STRUCTURED_KINDS, superseded_at=None
    ).exclude(source=GroundTruth.Source.SILVER)
    prior: dict[int, dict[str, float]] = {}
    for kind, value, n in rows.values_list("kind", "value").annotate(n=Count("pk")).order_by():
        prior.setdefault(kind, {})[value] = float(n)
    return prior


def seconds_by_kind(project: Project) -> dict[int, float]:
    """The median time that people took for a step of a kind lately; kinds without a timed
    label are missing."""
    items = QueueItem.objects.filter(project=project, state=QueueItem.State.RESOLVED)
    recent = list(items.order_by("-pk").values_list("pk", flat=True)[:_RECENT])
    times: dict[int, list[int]] = defaultdict(list)
    labels = StepLabel.objects.filter(item__in=recent, active_ms__gt=0).order_by()
    for kind, spent in labels.values_list("kind", "active_ms"):
        times[kind].append(spent)
    return {kind: median(spent) / 1000 for kind, spent in times.items()}


def _truths(pairs: Collection[int]) -> Mapping[int, Mapping[StepKind, Truth]]:
    """pair -> kind -> what a run would take as true."""
    truths: dict[int, dict[StepKind, Truth]] = defaultdict(dict)
    rows = GroundTruth.objects.filter(
        pair__in=pairs, kind__in=STRUCTURED_KINDS, superseded_at=None
    )
    fields = "pair", "kind", "value", "source", "pair__project__rules"
    rules: dict[int, Rules] = {}
    for pair, kind, value, source, toml in rows.values_list(*fields):
        truths[pair].update([truth_of(kind, value, source)])
        rules[pair] = parse_rules(toml)
    return defaultdict(
        dict, {pair: completed(known, rules[pair]) for pair, known in truths.items()}
    )


def _of_sources(truths: Mapping[StepKind, Truth], sources: Collection[str]) -> frozenset[int]:
    return frozenset(int(kind) for kind, t in truths.items() if t.source in sources)


def _verdicts(pairs: Collection[int]) -> dict[tuple[int, str], float]:
    rows = GroundTruth.objects.filter(pair__in=pairs, kind__in=OPEN_KINDS, superseded_at=None)
    return {
        (kind, sha256): float(value == "correct")
        for kind, sha256, value in rows.values_list("kind", "step_sha256", "value")
    }


def _rewards(
    row: _RankedRollout,
    truth: Mapping[StepKind, Truth],
    verdicts: Mapping[tuple[int, str], float],
) -> list[float]:
    """As ``training.reward.rewards`` gives them: people's word, for steps 1-2 else the reward
    model's verdict, 0 for a step that a broken rollout lacks, else none."""
    rewards = []
    for kind in StepKind:
        reward = NAN
        if kind not in row.hashes or (row.broken and kind is StepKind.FINAL):
            reward = 0.0 if row.broken else NAN
        elif kind in OPEN_KINDS:
            p = row.chances.get(kind)
            judged = NAN if p is None else float(p >= THRESHOLD)
            reward = verdicts.get((kind, row.hashes[kind]), judged)
        elif kind in truth and kind in row.claims:
            reward = float(row.claims[kind] == truth[kind].value)
        rewards.append(reward)
    return rewards
