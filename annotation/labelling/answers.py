"""Gold answers beside what a person answered, for feedback and disputes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.functional import Promise

from annotation.cot.gold import VERDICTS
from annotation.cot.step_names import NAMES, VALUE_NAMES
from annotation.cot.steps import OPEN_KINDS, VALUES, StepKind
from annotation.labelling.cards import VERDICTS as VERDICT_OPTIONS
from annotation.labelling.cards import Line, lines_of
from annotation.models import Rollout

_VERDICT_NAMES = {value: name for value, _key, name in VERDICT_OPTIONS}


@dataclass(slots=True)
class AnswerRow:
    kind: int
    name: Promise
    lines: list[Line]
    known: str | Promise = ""  # the gold answer in words
    known_value: str = ""
    given: str | Promise = ""
    wrong: bool = False
    options: list[tuple[str, str | Promise]] = field(default_factory=list)


def answer_name(kind: int, value: str) -> str | Promise:
    names = _VERDICT_NAMES if kind in OPEN_KINDS else VALUE_NAMES
    return names.get(value, value)


def decision_words(kind: int, verdict: str, value: str) -> list[str | Promise]:
    """Verdict and value of a decision in words, without what is empty."""
    words = [_VERDICT_NAMES.get(verdict, verdict), answer_name(kind, value) if value else ""]
    return [word for word in words if word]


def answer_names(answers: Mapping[str, str]) -> list[tuple[str, str | Promise]]:
    """(kind, answer in words) of stored gold answers, in the order of the steps."""
    return [(kind, answer_name(int(kind), value)) for kind, value in sorted(answers.items())]


def answer_rows(
    rollout: Rollout, answers: Mapping[str, str], given: Mapping[str, str] | None = None
) -> list[AnswerRow]:
    """One row a step kind; ``given`` has what one person answered."""
    texts = {step.kind: step.text for step in rollout.steps.all()}
    rows = []
    for kind in StepKind:
        key = str(int(kind))
        known, mine = answers.get(key, ""), (given or {}).get(key, "")
        values = VERDICTS if kind in OPEN_KINDS else VALUES[kind]
        rows.append(
            AnswerRow(
                kind=int(kind),
                name=NAMES[kind],
                lines=lines_of(texts.get(int(kind), "")),
                known=answer_name(kind, known) if known else "",
                known_value=known,
                given=answer_name(kind, mine) if mine else "",
                wrong=given is not None and bool(known) and known != mine,
                options=[(value, answer_name(kind, value)) for value in values],
            )
        )
    return rows


def posted_answers(post: QueryDict) -> dict[str, str]:
    """The ``answer-K`` fields of a form; empty ones are unknown, not answers."""
    answers = {str(int(kind)): post.get(f"answer-{kind:d}", "") for kind in StepKind}
    return {key: value for key, value in answers.items() if value}
