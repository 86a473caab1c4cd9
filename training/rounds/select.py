"""Which rounds there are, and what the next one would work with."""

from __future__ import annotations

from django.db.models import QuerySet

from annotation.cot.errors import Conflict, Invalid
from annotation.cot.steps import OPEN_KINDS
from annotation.cot.wording import wording as _
from annotation.models import Project, Round
from training.models import Checkpoint, RmAppointment
from training.rollouts.offered import of_sample
from training.rounds.facts import round_facts
from training.runs.checkpoints import seed_policy
from training.scoring.select import kinds_learned


def rounds_newest_first(project: Project | None = None) -> QuerySet[Round]:
    rows = Round.objects.select_related("project", "created_by", "waived_by").order_by("-pk")
    return rows if project is None else rows.filter(project=project)


def open_round(project: Project) -> Round:
    """Raises Conflict when none is open."""
    row = rounds_newest_first(project).filter(ended_at=None).first()
    if row is None:
        raise Conflict(_("no round of %(name)s is open: start one", name=project.name))
    return row


def next_policy(project: Project) -> Checkpoint:
    """What the next round samples: what the last round trained; the policy of a round that was
    stopped; without a round the newest that a run of the project left, else, for the sample,
    the shipped one.

    Raises:
        Invalid: there is none.
    """
    last = rounds_newest_first(project).first()
    policies = Checkpoint.objects.filter(kind=Checkpoint.Kind.POLICY)
    if last is not None:
        trained = None if last.stop_reason else round_facts(last).trained
        if policy := trained or policies.filter(name=last.policy).first():
            return policy
    if policy := policies.filter(run__project=project).order_by("-pk").first():
        return policy
    if not of_sample(project):
        raise Invalid(
            _(
                "%(name)s has no policy of its own yet: have a writer make its first CoTs, "
                "train a policy from what people say of them, or name one",
                name=project.name,
            )
        )
    return seed_policy()


def rewarding_rm(project: Project) -> Checkpoint | None:
    """The reward model in charge, if it learned the open steps; without one these earn nothing
    but what people decided."""
    charge = RmAppointment.objects.filter(project=project, until=None).select_related("rm")
    rm = next((row.rm for row in charge), None)
    return rm if rm and set(OPEN_KINDS) <= set(kinds_learned(rm)) else None
