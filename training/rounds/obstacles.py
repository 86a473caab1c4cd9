"""Why the autopilot must not go on: what only a person may decide to pass over."""

from __future__ import annotations

from collections.abc import Callable

from annotation.cot.wording import wording as _
from training.models import RunMetric
from training.rounds.facts import Facts, labels_given
from training.rounds.scores import round_scores
from training.rounds.standing import RoundStanding, State


def obstacle(standing: RoundStanding) -> str | None:
    """The first reason to stop here, in a sentence."""
    if not standing.ready and standing.state == State.EVALUATING:
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
    State.EVALUATING: (_alarms, _worse),
}
