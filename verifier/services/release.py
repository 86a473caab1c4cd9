"""Freezing ground truth, so that a run can say exactly what it was trained against."""

from __future__ import annotations

from collections import Counter

from django.contrib.auth.models import User
from django.db import transaction

from annotation.cot.errors import Invalid
from annotation.cot.steps import OPEN_KINDS, StepKind
from annotation.cot.wording import wording as _
from annotation.models import Project
from verifier.models import GroundTruth, VerifierRelease
from verifier.truth import TruthTable, dump, table_sha256, truth_of, verdict_of


@transaction.atomic
def release_cut(
    *, project: Project, user: User | None = None, empty: bool = False
) -> VerifierRelease:
    """Freeze the current truth: values of steps 3-5 by pair, verdicts on texts of steps 1-2.
    Unchanged truth gives the newest release back.

    ``payload`` is the text of truth.json (docs/formats.md), ``counts`` kind -> source -> rows.
    ``empty`` allows one without a row, for what reads no truth.

    Raises:
        Invalid: nothing is known yet.
    """
    # The project's lock makes the numbers consecutive when two people press at once.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    table = current_table(project)
    if not empty and not table.rows():
        raise Invalid(
            _(
                "project %(name)s has no ground truth yet, so there is nothing to freeze: "
                "import verified answers, or have steps 3-5 labelled",
                name=project.name,
            )
        )
    digest = table_sha256(table)
    newest = VerifierRelease.objects.filter(project=project).order_by("-number").first()
    if newest is not None and newest.sha256 == digest:
        return newest
    return VerifierRelease.objects.create(
        project=project,
        number=newest.number + 1 if newest else 1,
        sha256=digest,
        payload=dump(table),
        counts=_counts(table),
        created_by=user,
    )


def current_table(project: Project) -> TruthTable:
    """What a release would freeze now."""
    current = GroundTruth.objects.filter(project=project, superseded_at=None)
    rows, steps = [], []
    for pair, kind, step_sha256, value, source, resolution in current.values_list(
        "pair_id", "kind", "step_sha256", "value", "source", "resolution_id"
    ):
        if kind in OPEN_KINDS:
            steps.append((step_sha256, *verdict_of(kind, value, source)))
        else:
            rows.append((str(pair), *truth_of(kind, value, source, resolution)))
    return TruthTable(rows, steps)


def _counts(table: TruthTable) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {str(int(kind)): Counter() for kind in StepKind}
    for _key, kind, _value, source, *_resolution in [*table.steps(), *table.rows()]:
        counts[str(kind)][source] += 1
    return {kind: dict(counter) for kind, counter in counts.items()}
