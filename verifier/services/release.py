"""Freezing ground truth, so that a run can say exactly what it was trained against."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction

from annotation.cot.errors import Invalid
from annotation.cot.wording import wording as _
from annotation.models import Project
from verifier.models import VerifierRelease
from verifier.services.freezing import frozen
from verifier.truth import TruthTable, dump, table_sha256


@transaction.atomic
def release_cut(
    *, project: Project, user: User | None = None, empty: bool = False
) -> VerifierRelease:
    """Freeze the current truth and the labels beside it: values of steps 3-5 by pair, verdicts
    on texts of steps 1-2, and the decisions that reward models learn from. What is stale is
    left out. If nothing changed the newest release is given back.

    ``payload`` is the text of truth.json (docs/formats.md), ``counts`` kind -> source -> rows,
    ``masked_stale`` among the sources.
    ``empty`` allows one without a row, for what reads no truth.

    Raises:
        Invalid: nothing is known yet.
    """
    # The project's lock makes the numbers consecutive when two people press at once.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    content = frozen(project)
    if not empty and not len(content.table):
        raise Invalid(
            _(
                "project %(name)s has no ground truth yet, so there is nothing to freeze: "
                "import verified answers, or have steps 3-5 labelled",
                name=project.name,
            )
        )
    digest = table_sha256(content.table)
    newest = VerifierRelease.objects.filter(project=project).order_by("-number").first()
    if newest is not None and newest.sha256 == digest:
        return newest
    release = VerifierRelease.objects.create(
        project=project,
        number=newest.number + 1 if newest else 1,
        sha256=digest,
        payload=dump(content.table),
        counts=content.counts(),
        created_by=user,
    )
    content.write_rows(release)
    return release


def current_table(project: Project) -> TruthTable:
    """What a release would freeze now."""
    return frozen(project).table
