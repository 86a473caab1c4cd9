"""What is still to ask people about a rollout, and what is answered already. Pure.

A label on steps 3 to 5 tells the pair's true value, which judges every rollout of the pair. A
label on steps 1 and 2 judges the text up to there, which other rollouts may share.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from annotation.cot.steps import OPEN_KINDS, StepKind

Question = tuple[int, int, str]  # pair, step kind, hash of its own words or ""
Answers = Mapping[Question, str]  # the verdict of steps 1-2, the value of steps 3-5


@dataclass(frozen=True, slots=True)
class Asking:
    """A rollout that people are to be asked about: ``kinds`` of its steps at most."""

    pair: int
    kinds: Sequence[int]
    hashes: Mapping[int, str] = field(default_factory=dict)  # kind -> of its own words
    claims: Mapping[int, str] = field(default_factory=dict)  # kind -> value, kinds 3-5


def question_of(pair: int, kind: int, sha256: str) -> Question:
    """What a label on the step decides."""
    return (pair, kind, sha256 if kind in OPEN_KINDS else "")


def answered(rollout: Asking, answers: Answers) -> set[int]:
    """The kinds on which people need not be asked."""
    return {kind for kind in rollout.kinds if _question(rollout, kind) in answers}


def still_to_ask(
    rollout: Asking,
    answers: Answers,
    waiting: AbstractSet[Question] = frozenset(),
    *,
    first_error_only: bool = False,
) -> list[int]:
    """The kinds that neither an answer nor a question in the queue (``waiting``) covers.

    With ``first_error_only`` nothing is asked after a step that is known to be wrong. A waiting
    question then covers the same text only: people may stop before they come to it.
    """
    last = int(StepKind.FINAL)
    if first_error_only:
        last = min(_wrong(rollout, answers), default=last)
    return [
        kind
        for kind in sorted(rollout.kinds)
        if kind <= last
        and _question(rollout, kind) not in answers
        and _place(rollout, kind, first_error_only) not in waiting
    ]


def questions(
    rollout: Asking, kinds: Iterable[int], *, first_error_only: bool = False
) -> set[Question]:
    """What an item that asks ``kinds`` of the rollout puts into ``waiting``."""
    return {_place(rollout, kind, first_error_only) for kind in kinds}


def _question(rollout: Asking, kind: int) -> Question:
    return question_of(rollout.pair, kind, rollout.hashes.get(kind, ""))


def _place(rollout: Asking, kind: int, first_error_only: bool) -> Question:
    if first_error_only:
        return (rollout.pair, kind, rollout.hashes.get(kind, ""))
    return _question(rollout, kind)


def _wrong(rollout: Asking, answers: Answers) -> Iterator[int]:
    for kind in rollout.kinds:
        answer = answers.get(_question(rollout, kind))
        if answer == "incorrect" or (
            answer and kind not in OPEN_KINDS and answer != rollout.claims.get(kind, answer)
        ):
            yield kind
