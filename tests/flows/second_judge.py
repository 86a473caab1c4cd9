"""After a circle: its reward model disputes steps, a lead settles them, and a second one of
the same weights takes charge. Prints what each of them listed."""

from __future__ import annotations

import json

from django.contrib.auth.models import User

from annotation.models import Project
from training.disagreements.disagreements import disagreement_decide, disagreements_open
from training.judges.appointing import rm_appoint
from training.models import Checkpoint, Disagreement, StepScore
from training.scoring.scoring import steps_score
from training.scoring.select import steps_due_for_scoring


def main() -> None:
    project = Project.objects.get(slug="circle-sample-1")
    lead = User.objects.get(username="sample-lead")
    first = Checkpoint.objects.get(kind=Checkpoint.Kind.RM)
    second = Checkpoint.objects.create(
        name="second", kind=Checkpoint.Kind.RM, path=first.path, run=first.run
    )
    listed = _listed_by(project, first, lead)
    rows = Disagreement.objects.filter(project=project, state=Disagreement.State.OPEN)
    for at, row in enumerate(rows.order_by("pk")):
        settled = Disagreement.State.GUIDELINE_GAP if at % 2 else Disagreement.State.HUMAN_RIGHT
        disagreement_decide(disagreement=row, lead=lead, decision=settled)
    told = {
        "first": listed,
        "second": _listed_by(project, second, lead),
        "scores_that_differ": _differing(first, second),
        "scored": StepScore.objects.filter(rm=second).count(),
    }
    print(json.dumps(told))


def _listed_by(project: Project, rm: Checkpoint, lead: User) -> int:
    """How many steps a model lists once it is in charge and has judged every step."""
    rm_appoint(
        project=project, rm=rm, lead=lead, reason="to see what it disputes", override=True
    )
    steps_score(rm=rm, steps=list(steps_due_for_scoring(project=project, rm=rm)))
    return disagreements_open(project=project)


def _differing(first: Checkpoint, second: Checkpoint) -> int:
    """Steps that the two models judge differently."""
    scores = StepScore.objects.filter(rm=first).values_list("step", "p")
    again = dict(StepScore.objects.filter(rm=second).values_list("step", "p"))
    return sum((p >= 0.5) != (again[step] >= 0.5) for step, p in scores if step in again)
