"""Fitting Dawid-Skene to a project's labels."""

from __future__ import annotations

from django.db import transaction

from annotation.cot.steps import StepKind
from annotation.deciding.consensus import fit_skill
from annotation.deciding.fits_select import fits_due, labels_to_fit
from annotation.models import ConsensusFit, Project

MIN_ITEMS = 20  # with fewer the estimates are noise, and the majority decides
FIT_EVERY = 100  # new labels


@transaction.atomic
def consensus_fit(*, project: Project) -> list[ConsensusFit]:
    """Estimate everybody's error rates anew, one fit a step with enough items.

    Fits are kept: a resolution names the one that made it.
    """
    made = []
    for kind in StepKind:
        labels = labels_to_fit(project, kind)
        if len({item for item, _, _ in labels}) < MIN_ITEMS:
            continue
        skill = fit_skill(labels)
        made.append(
            ConsensusFit.objects.create(
                project=project,
                kind=int(kind),
                priors=dict(skill.priors),
                errors={str(person): table for person, table in skill.errors.items()},
                n_items=skill.n_items,
                n_labels=skill.n_labels,
            )
        )
    return made


def consensus_fit_due() -> int:
    """Fit every project with enough new labels; returns how many."""
    due = fits_due(FIT_EVERY)
    for project in due:
        consensus_fit(project=project)
    return len(due)
