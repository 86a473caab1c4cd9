"""Why the autopilot must not go on: what only a person may decide to pass over."""

from __future__ import annotations

from collections.abc import Callable

from annotation.cot.wording import wording as _
from annotation.models import Round
from training.judges.gate import GateReport
from training.judges.select import gate_of
from training.judges.words import failing_lines
from training.models import RunMetric
from training.rounds.facts import Facts, labels_given, round_facts
from training.rounds.judged import GateVerdict
from training.rounds.scores import round_scores
from training.rounds.standing import RoundStanding, State


def obstacle(standing: RoundStanding) -> str | None:
    """The first reason to stop here, in a sentence."""
    judged = (State.TRAINING, State.EVALUATING)
    if not standing.ready and standing.state in judged:
        return None
    for check in _CHECKS.get(standing.state, ()):
        if why := check(standing.facts):
            return why
    return None


def _budget(facts: Facts) -> str | None:
    """A stage of labelling that has what it wants goes on to its release all the same."""
    if not (budget := facts.plan.budget):
        return None
    given = labels_given(facts.round.project)
    if given < budget:
        return None
    return _("the label budget is spent: %(n)s of %(budget)s", n=given, budget=budget)


def _refused_again(facts: Facts) -> str | None:
    """The first refusal lets the circle go on with what people decided, and with the reward
    model that was in charge before; a second one in a row says that something is wrong."""
    if facts.verdict != GateVerdict.REFUSED or facts.candidate is None:
        return None
    rows = Round.objects.filter(project_id=facts.round.project_id)
    former = rows.filter(number__lt=facts.round.number).order_by("-number").first()
    if former is None or round_facts(former).verdict != GateVerdict.REFUSED:
        return None
    report = gate_of(facts.round.project, facts.candidate)
    lines = failing_lines(GateReport.of(report.report)) if report else []
    return _(
        "the gate refused the reward model twice in a row: %(lines)s", lines="; ".join(lines)
    )


def _alarms(facts: Facts) -> str | None:
    """Alarms that the run's last update still gave."""
    if facts.training is None:
        return None
    newest = RunMetric.objects.filter(run=facts.training).order_by("-step").first()
    codes = newest.data.get("alarms", []) if newest else []
    if not codes:
        return None
    return _(
        "run %(number)s ended with an alarm: %(codes)s",
        number=facts.training.pk, codes=", ".join(codes),
    )  # fmt: skip


def _worse(facts: Facts) -> str | None:
    """Against the former round's policy, or in the first one against the policy before."""
    scores = round_scores(facts)
    compared = scores.former or scores.own
    if compared is None or not compared.worse:
        return None
    return _(
        "macro F1 fell from %(first)s to %(second)s on the same pairs "
        "(difference %(low)s to %(high)s)",
        first=f"{compared.first:.3f}", second=f"{compared.second:.3f}",
        low=f"{compared.low:.3f}", high=f"{compared.high:.3f}",
    )  # fmt: skip


_CHECKS: dict[State, tuple[Callable[[Facts], str | None], ...]] = {
    State.SAMPLING: (_budget,),
    State.LABELLING: (_budget,),
    State.TRAINING: (_refused_again,),
    State.EVALUATING: (_alarms, _worse),
}
