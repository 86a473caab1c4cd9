"""What several people's votes on one step come to. Pure.

Steps 3-5 are voted on by VALUE, because two people who both call a step wrong may still
disagree about what is right; steps 1-2 have no value and are voted on by verdict.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from annotation.steps import OPEN_KINDS, StepKind

Status = Literal["agreed", "split", "open"]


@dataclass(frozen=True, slots=True)
class Vote:
    annotator: int
    verdict: str
    value: str = ""  # "" for steps 1-2 and for "unsure"


@dataclass(frozen=True, slots=True)
class Decision:
    """``agreement`` is the winner's share of the counted votes, ``n`` the number counted.

    ``open``: nobody has voted. ``split``: people differ, or too few were sure.
    """

    status: Status
    verdict: str = ""
    value: str = ""
    agreement: float = 0.0
    n: int = 0


def decide(
    votes: Sequence[Vote], kind: StepKind | int, *, ordinal_median: bool = False
) -> Decision:
    """The strict majority of the sure votes.

    "unsure" does not count; when more than one person voted, at least two must be sure.
    ``ordinal_median`` settles a tier without a majority by the (lower) median of the tiers.
    """
    if not votes:
        return Decision("open")
    kind = StepKind(kind)
    sure = [vote for vote in votes if vote.verdict in ("correct", "incorrect")]
    if kind not in OPEN_KINDS:
        sure = [vote for vote in sure if vote.value]
    n = len(sure)
    if n < min(2, len(votes)):
        return Decision("split", n=n)
    counts = Counter(_key(vote, kind) for vote in sure)
    winner, most = max(counts.items(), key=lambda pair: (pair[1], pair[0]))
    if 2 * most > n:
        return _decision(sure, winner, kind)
    if ordinal_median and kind is StepKind.FINAL:
        return _decision(sure, sorted(vote.value for vote in sure)[(n - 1) // 2], kind)
    return Decision("split", agreement=most / n, n=n)


def _key(vote: Vote, kind: StepKind) -> str:
    return vote.verdict if kind in OPEN_KINDS else vote.value


def _decision(sure: Sequence[Vote], winner: str, kind: StepKind) -> Decision:
    behind = [vote for vote in sure if _key(vote, kind) == winner]
    share = len(behind) / len(sure)
    return Decision("agreed", behind[0].verdict, behind[0].value, share, len(sure))
