"""What a run's updates rewarded: the groups of its ledger, filtered, with their texts where the
file is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from annotation.cot.sql import statement
from annotation.cot.steps import CLAIM_KEYS, StepKind, parse_partial
from training.job.folder import LEDGER
from training.job.ledger import LedgerLine, ledger_read
from training.job.types import BadInput
from training.models import RewardGroup, TrainingRun
from training.models.ledger import SOURCES
from training.runs.snapshot import run_folder

REWARDS = ("right", "wrong", "masked")
ADVANTAGES = ("up", "down", "zero")
KINDS = tuple(StepKind)
_INT = 2**31 - 1


@dataclass(frozen=True, slots=True)
class GroupFilter:
    """0 and "" mean any. ``step``, ``reward`` and ``advantage`` ask for one step of one rollout
    that is all of them at once."""

    update: int = 0
    pair: int = 0
    query: str = ""
    step: int = 0
    reward: str = ""  # of REWARDS
    advantage: str = ""  # of ADVANTAGES

    @classmethod
    def of(cls, params: Mapping[str, str]) -> GroupFilter:
        """From the address of a page; what makes no sense asks for nothing."""
        step, reward = _number(params, "step"), params.get("reward", "")
        advantage = params.get("advantage", "")
        return cls(
            _number(params, "update"),
            _number(params, "pair"),
            params.get("q", "").replace("\0", "").strip(),
            step if step <= len(KINDS) else 0,
            reward if reward in REWARDS else "",
            advantage if advantage in ADVANTAGES else "",
        )

    @property
    def narrows(self) -> bool:
        return self != GroupFilter()


@dataclass(frozen=True, slots=True)
class PlacedStep:
    """One step of a rollout: reward None = masked, source "" then."""

    kind: StepKind
    reward: float | None
    source: str
    advantage: float
    text: str | None  # None: the ledger is not here
    value: str  # what it claims

    @property
    def tone(self) -> str:
        """A class of the style sheet, by the sign of the advantage."""
        return "up" if self.advantage > 0 else "down" if self.advantage < 0 else "zero"


@dataclass(frozen=True, slots=True)
class PlacedRollout:
    """``place`` is the first of ``count`` rollouts of the group that are the same."""

    place: int
    count: int
    error: str | None
    raw: str | None  # the whole text, where it is not a five-step CoT
    steps: list[PlacedStep]


@dataclass(frozen=True, slots=True)
class ShownGroup:
    group: RewardGroup
    rollouts: list[PlacedRollout]
    texts: bool  # the ledger is here


def groups_filtered(run: TrainingRun, wanted: GroupFilter) -> QuerySet[RewardGroup]:
    """In the order of the ledger, with the pairs."""
    rows = RewardGroup.objects.filter(run=run).select_related("pair__product", "run")
    if wanted.update:
        rows = rows.filter(update=wanted.update)
    if wanted.pair:
        rows = rows.filter(pair=wanted.pair)
    if wanted.query:
        rows = rows.filter(pair__query__icontains=wanted.query)
    parts = {part for part in (wanted.reward, wanted.advantage) if part}
    if parts:
        parts |= {"step"} if wanted.step else set()
        sql = statement(__file__, "group_matches", parts=parts, kind=wanted.step)
        rows = rows.filter(RawSQL(sql, (), output_field=BooleanField()))
    return rows.order_by("text_offset")


def group_line(group: RewardGroup) -> LedgerLine | None:
    """The group's line of the ledger; None where the file is not here, or is another one."""
    return _line(run_folder(group.run) / LEDGER, group)


def group_shown(group: RewardGroup, path: Path) -> ShownGroup:
    """A group as a page shows it; rollouts that are the same stand once."""
    line = _line(path, group)
    shown: dict[object, PlacedRollout] = {}
    for place in range(len(group.sources) // len(KINDS)):
        rollout = _rollout(group, line, place)
        key = (line and line.which[place], rollout.error, *(_numbers(rollout)))
        first = shown.get(key, replace(rollout, count=0))
        shown[key] = replace(first, count=first.count + 1)
    return ShownGroup(group, list(shown.values()), line is not None)


def updates_of_pair(run: TrainingRun, pair: int) -> list[int]:
    """The updates in which the run saw a pair, the first first."""
    rows = RewardGroup.objects.filter(run=run, pair=pair).order_by("update")
    return list(rows.values_list("update", flat=True).distinct())


def _rollout(group: RewardGroup, line: LedgerLine | None, place: int) -> PlacedRollout:
    text = line.texts[line.which[place]] if line else None
    steps = {step.kind: step for step in parse_partial(text)} if text is not None else {}
    error = line.errors[place] if line else None
    start = place * len(KINDS)
    return PlacedRollout(
        place,
        1,
        error,
        text if error else None,
        [
            PlacedStep(
                kind,
                group.rewards[at] if group.sources[at] else None,
                SOURCES[group.sources[at]],
                group.advantages[at],
                None if text is None else steps[kind].body if kind in steps else "",
                (steps[kind].value or "") if kind in steps and kind in CLAIM_KEYS else "",
            )
            for at, kind in enumerate(KINDS, start)
        ],
    )


def _numbers(rollout: PlacedRollout) -> Iterator[object]:
    return ((step.reward, step.source, step.advantage) for step in rollout.steps)


def _line(path: Path, group: RewardGroup) -> LedgerLine | None:
    try:
        placed = next(ledger_read(path, group.text_offset), None)
    except (BadInput, OSError):
        return None
    if placed is None or len(placed.line.which) * len(KINDS) != len(group.sources):
        return None
    line = placed.line
    same = (line.update, line.pair_id) == (group.update, str(group.pair_id))
    return line if same else None


def _number(params: Mapping[str, str], name: str) -> int:
    text = params.get(name, "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 11 else 0
    return number if number <= _INT else 0
