"""What is told of each stage of a round, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotation.people.language import in_words
from training.judges.select import gate_refusal
from training.models import TrainingRun
from training.rounds.facts import Facts, LabelCounts
from training.rounds.judged import GateVerdict
from training.rounds.scores import RoundScores
from training.rounds.standing import State
from training.rounds.wording import VERDICTS
from training.runs.rescoring import Rescored

Lines = Callable[[Facts, RoundScores], Iterator[str]]


def _sampling(facts: Facts, scores: RoundScores) -> Iterator[str]:
    if facts.batch:
        pairs = len(facts.batch.pair_ids)
        values = {"n": facts.batch.rollouts_done, "total": pairs * facts.batch.n, "p": pairs}
        yield _("%(n)s of %(total)s rollouts, %(p)s pairs") % values


def _labelling(facts: Facts, scores: RoundScores) -> Iterator[str]:
    counts = facts.labels
    if not counts.items:
        return
    values = {"n": counts.decided, "wanted": counts.wanted, "given": counts.given}
    yield _("%(n)s of %(wanted)s items decided, %(given)s step labels given") % values
    if n := counts.split:
        yield ngettext("%(n)s item is split.", "%(n)s items are split.", n) % {"n": n}
    if not counts.enough and counts.submissions_left:
        yield _left(counts)


def _left(counts: LabelCounts) -> str:
    if counts.hours is None:
        return _("Nobody submitted anything in the last 24 hours.")
    if counts.hours < 1:
        return _("about %(n)s minutes left at the present speed") % {
            "n": max(1, round(60 * counts.hours))
        }
    return _("about %(n)s hours left at the present speed") % {"n": round(counts.hours)}


def _releasing(facts: Facts, scores: RoundScores) -> Iterator[str]:
    if facts.release:
        yield _("release %(n)s") % {"n": facts.release.number}


def _judging(facts: Facts, scores: RoundScores) -> Iterator[str]:
    if facts.judging:
        yield run_line(facts.judging)
    if facts.candidate and facts.verdict:
        yield f"{facts.candidate.name}: {VERDICTS[facts.verdict]}"
        for line in gate_refusal(facts.round.project, facts.candidate):
            if facts.verdict in (GateVerdict.REFUSED, GateVerdict.NONE):
                yield in_words(line)


def _training(facts: Facts, scores: RoundScores) -> Iterator[str]:
    if facts.training:
        yield run_line(facts.training)


def _evaluating(facts: Facts, scores: RoundScores) -> Iterator[str]:
    if scores.own:
        yield _("macro F1 %(text)s") % {"text": score_line(scores.own)}
    if scores.former:
        values = {"text": score_line(scores.former), "n": scores.former.pairs}
        yield _("against the former round on the same %(n)s pairs: %(text)s") % values
    if (share := people_share(facts)) is not None:
        yield _("%(n)s %% of step rewards come from people") % {"n": share}


def people_share(facts: Facts) -> int | None:
    """Percent of the step rewards of the round's run that came from people."""
    share = facts.training.report.get("human_share") if facts.training else None
    return None if share is None else round(100 * share)


def run_line(run: TrainingRun) -> str:
    values = {"n": run.pk, "state": run.state, "step": run.step, "total": run.total_steps}
    if run.state == TrainingRun.State.RUNNING and run.total_steps:
        return _("run %(n)s: step %(step)s of %(total)s") % values
    return _("run %(n)s: %(state)s") % values


def score_line(row: Rescored) -> str:
    """``0.512 -> 0.641 (+0.020 to +0.238)``"""
    return f"{row.first:.3f} → {row.second:.3f} ({row.low:+.3f} … {row.high:+.3f})"


LINES: dict[State, Lines] = {
    State.SAMPLING: _sampling,
    State.LABELLING: _labelling,
    State.RELEASING: _releasing,
    State.JUDGING: _judging,
    State.TRAINING: _training,
    State.EVALUATING: _evaluating,
}
