"""What the page of a circle shows: the present round as a ring, the others as lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from annotation.models import Project, Round
from annotation.people.language import in_words
from annotation.people.roles import Role
from training.rounds.facts import Facts
from training.rounds.ring import Node, Ring, ring
from training.rounds.scores import RoundScores, round_scores
from training.rounds.select import rounds_newest_first
from training.rounds.stage_lines import LINES, people_share, score_line
from training.rounds.standing import (
    BY_ITSELF,
    STAGES,
    RoundStanding,
    State,
    Wait,
    Whom,
    round_standing,
)
from training.rounds.wording import BUTTONS, NAMES, TONES, WHOM

_SHOWN = 10  # rounds in the list


@dataclass(frozen=True, slots=True)
class StageView:
    """``tone`` is past, now or ahead; ``run`` is the page of its run."""

    number: int
    name: Promise
    tone: str
    lines: list[str]
    node: Node
    run: int | None

    @property
    def mark(self) -> str:
        return "✓" if self.tone == "past" else str(self.number)


@dataclass(frozen=True, slots=True)
class Button:
    """A way to another page; without an address it advances the round."""

    name: Promise
    address: str = ""


@dataclass(frozen=True, slots=True)
class WaitView:
    text: str
    whom: Promise
    by_itself: bool
    button: Button | None


@dataclass(frozen=True, slots=True)
class RoundView:
    round: Round
    name: Promise
    tone: str
    stages: list[StageView]
    wait: WaitView | None
    facts: Facts
    own: str
    former: str
    people: int | None  # percent of the step rewards of its run

    @property
    def ring(self) -> Ring:
        return ring(len(STAGES))

    @property
    def active(self) -> bool:
        return self.round.ended_at is None

    @property
    def summary(self) -> str:
        return "; ".join(f"{stage.name}: {stage.tone}" for stage in self.stages)


def rounds_shown(project: Project, roles: frozenset[Role]) -> list[RoundView]:
    """The newest first."""
    rows = rounds_newest_first(project)[:_SHOWN]
    return [round_view(row, roles) for row in rows]


def round_view(row: Round, roles: frozenset[Role]) -> RoundView:
    standing = round_standing(row)
    facts, scores = standing.facts, round_scores(standing.facts)
    return RoundView(
        round=row,
        name=NAMES[standing.state],
        tone=TONES.get(standing.state, "accent"),
        stages=list(_stages(standing, scores)),
        wait=wait_view(standing.wait, standing, roles) if standing.wait else None,
        facts=facts,
        own=score_line(scores.own) if scores.own else "",
        former=score_line(scores.former) if scores.former else "",
        people=people_share(facts),
    )


def wait_view(wait: Wait, standing: RoundStanding, roles: frozenset[Role]) -> WaitView:
    project = standing.facts.round.project
    by_itself = wait.ready and standing.state in BY_ITSELF[project.autopilot]
    return WaitView(
        in_words(wait.text), WHOM[wait.whom], by_itself, _button(wait, standing, roles)
    )


def _button(wait: Wait, standing: RoundStanding, roles: frozenset[Role]) -> Button | None:
    """Of this person; None where it is somebody else's turn."""
    facts, here = standing.facts, {"project": standing.facts.round.project.slug}
    if wait.ready and roles & {Role.LEAD, Role.ML_ENGINEER}:
        return Button(BUTTONS[standing.state])
    if wait.whom == Whom.ANNOTATORS and Role.ANNOTATOR in roles:
        return Button(gettext_lazy("Label"), reverse("label", query=here))
    splits = wait.whom == Whom.LEAD and standing.state == State.LABELLING
    if splits and Role.LEAD in roles:
        return Button(gettext_lazy("Decide"), reverse("adjudication", query=here))
    if wait.whom == Whom.ENGINEER and Role.ML_ENGINEER in roles:
        run = facts.training or facts.judging
        if run is None:
            address = reverse("admin:training_rolloutbatch_changelist")
            return Button(gettext_lazy("See the batch"), address)
        return Button(gettext_lazy("See the run"), reverse("run", args=[run.pk]))
    return None


def _stages(standing: RoundStanding, scores: RoundScores) -> Iterator[StageView]:
    facts = standing.facts
    order = [state for state, _condition in STAGES]
    reached = order.index(standing.state) if standing.state in order else _reached(facts)
    runs = {State.JUDGING: facts.judging, State.TRAINING: facts.training}
    drawn = ring(len(order)).nodes
    for at, state in enumerate(order):
        run = runs.get(state)
        now = "now" if standing.wait else "past"
        yield StageView(
            number=at + 1,
            name=NAMES[state],
            tone="past" if at < reached else now if at == reached else "ahead",
            lines=list(LINES[state](facts, scores)),
            node=drawn[at],
            run=run.pk if run else None,
        )


def _reached(facts: Facts) -> int:
    """How far a round came that has ended: the last stage whose rows are there."""
    there = (facts.batch, facts.labels.items, facts.release, facts.judging, facts.training)
    if facts.trained:
        return len(there)
    return max((at for at, rows in enumerate(there) if rows), default=-1)
