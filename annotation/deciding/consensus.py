"""What several people's votes on one step come to. Pure.

Steps 3-5 are voted on by VALUE, because two people who both call a step wrong may still
disagree about what is right; the verdict is that of most people behind the value (a wrong
reasoning can come to the right value). Steps 1-2 have no value and are voted on by verdict.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from annotation.cot.steps import OPEN_KINDS, StepKind
from annotation.deciding.dawid_skene import estimate

Status = Literal["agreed", "split", "open"]
CERTAIN = 0.9  # posterior from which on Dawid-Skene decides
_SMOOTH = 0.01  # nobody is never wrong, however few labels say so


@dataclass(frozen=True, slots=True)
class Vote:
    annotator: int
    verdict: str
    value: str = ""  # "" for steps 1-2 and for "unsure"


@dataclass(frozen=True, slots=True)
class Decision:
    """``agreement`` is the winner's share of the counted votes, ``n`` the number counted.

    ``open``: nobody has voted, and nobody need have. ``split``: people differ, or too few voted
    or were sure. ``method`` says how the votes were merged.
    """

    status: Status
    verdict: str = ""
    value: str = ""
    agreement: float = 0.0
    n: int = 0
    method: str = "majority"


@dataclass(frozen=True, slots=True)
class Skill:
    """A Dawid-Skene fit of one step: P(truth) and, a person, P(said | truth)."""

    priors: Mapping[str, float]
    errors: Mapping[int, Mapping[str, Mapping[str, float]]]  # annotator -> truth -> said
    fit: int = 0  # its number, for the record
    n_items: int = 0
    n_labels: int = 0


def decide(
    votes: Sequence[Vote],
    kind: StepKind | int,
    *,
    ordinal_median: bool = False,
    skill: Skill | None = None,
    wanted: int = 0,
) -> Decision:
    """The strict majority of the sure votes, or with ``skill`` the most probable truth.

    "unsure" does not count; when more than one person voted, at least two must be sure. Fewer
    than ``wanted`` votes decide nothing.
    With ``skill`` the value with a posterior of at least ``CERTAIN`` decides; a value that
    nobody named never does. ``ordinal_median`` settles a tier without a majority by the
    (lower) median of the tiers.
    """
    if len(votes) < wanted:
        return Decision("split", n=len(votes))
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
    if skill is not None and n >= 2:
        return _by_skill(sure, kind, skill)
    winner, most = max(counts.items(), key=lambda pair: (pair[1], pair[0]))
    if 2 * most > n:
        return _decision(sure, winner, kind)
    if ordinal_median and kind is StepKind.FINAL:
        median = sorted(vote.value for vote in sure)[(n - 1) // 2]
        return _decision(sure, median, kind, "median")
    return Decision("split", agreement=most / n, n=n)


def votes_wanted(
    votes: Mapping[int, Sequence[Vote]], kind: int, *, overlap: int, first_error_only: bool
) -> int:
    """How many votes a step of an item needs that ``overlap`` people judged: two, for the word
    of one is no consensus; with ``first_error_only`` of those alone who got as far."""
    if overlap < 2:
        return 0
    if not first_error_only:
        return 2
    ends: dict[int, int] = {}
    for step, given in votes.items():
        for vote in given:
            last = step if vote.verdict == "incorrect" else int(StepKind.FINAL)
            ends[vote.annotator] = min(last, ends.get(vote.annotator, last))
    return min(2, sum(kind <= end for end in ends.values()))


def posterior(answers: Sequence[tuple[int, str]], skill: Skill) -> dict[str, float]:
    """P(truth | what each annotator said) by Bayes' rule; sums to 1.

    Somebody whom the fit does not know is taken for the average person.
    Source: Dawid and Skene, Maximum likelihood estimation of observer error-rates (1979).
    """
    logs = {}
    for truth, prior in skill.priors.items():
        logs[truth] = math.log(prior + _SMOOTH)
        for person, word in answers:
            logs[truth] += math.log(_chance(skill, person, truth, word))
    top = max(logs.values())
    weights = {truth: math.exp(log - top) for truth, log in logs.items()}
    total = sum(weights.values())
    return {truth: weight / total for truth, weight in weights.items()}


def fit_skill(labels: Sequence[tuple[int, int, str]]) -> Skill:
    """Everybody's error rates from (item, annotator, label) rows; ValueError without rows."""
    fitted = estimate(labels)
    errors: dict[int, dict[str, dict[str, float]]] = {}
    for (person, label), chances in zip(fitted.pairs, fitted.errors.tolist(), strict=True):
        for truth, chance in zip(fitted.classes, chances, strict=True):
            errors.setdefault(person, {}).setdefault(truth, {})[label] = chance
    priors = dict(zip(fitted.classes, fitted.priors.tolist(), strict=True))
    return Skill(priors, errors, n_items=len(fitted.items), n_labels=len(labels))


def _chance(skill: Skill, person: int, truth: str, answer: str) -> float:
    known = skill.errors.get(person)
    tables = [known] if known else list(skill.errors.values())
    mean = sum(table.get(truth, {}).get(answer, 0.0) for table in tables) / max(len(tables), 1)
    return (mean + _SMOOTH) / (1 + _SMOOTH * len(skill.priors))


def _by_skill(sure: Sequence[Vote], kind: StepKind, skill: Skill) -> Decision:
    answers = [(vote.annotator, _key(vote, kind)) for vote in sure]
    chances = posterior(answers, skill)
    method = f"dawid-skene {skill.fit}"
    best = max(chances, key=lambda truth: (chances[truth], truth))
    named = Counter(word for _, word in answers)
    if chances[best] < CERTAIN or best not in named:
        most = max(named.values())
        return Decision("split", agreement=most / len(sure), n=len(sure), method=method)
    return _decision(sure, best, kind, method)


def _key(vote: Vote, kind: StepKind) -> str:
    return vote.verdict if kind in OPEN_KINDS else vote.value


def _decision(
    sure: Sequence[Vote], winner: str, kind: StepKind, method: str = "majority"
) -> Decision:
    """The winner with the verdict of most of those behind it: people who agree on the value may
    still differ about the reasoning that led there."""
    behind = [vote for vote in sure if _key(vote, kind) == winner]
    share, n = len(behind) / len(sure), len(sure)
    verdict, most = Counter(vote.verdict for vote in behind).most_common(1)[0]
    if 2 * most <= len(behind):
        return Decision("split", agreement=most / n, n=n, method=method)
    return Decision("agreed", verdict, behind[0].value, share, n, method)
