"""How far people agree, by step."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from typing import Any

from django.contrib.auth.models import User

from annotation.agreement import Level, alpha, pairwise_kappa
from annotation.models import Project, StepLabel
from annotation.steps import OPEN_KINDS, StepKind


def agreement_table(project: Project) -> list[dict[str, Any]]:
    """One row a step kind: ``kind``, ``n_items``, ``n_labels``, ``alpha`` (None with an
    ``undefined_reason``) and ``level``.

    Steps 1-2 compare verdicts, 3-4 values (nominal), 5 tiers (ordinal). "unsure" and undone
    labels are left out.
    """
    rows = []
    for kind in StepKind:
        level: Level = "ordinal" if kind is StepKind.FINAL else "nominal"
        result = asdict(alpha(_units(project, kind), level))
        rows.append({"kind": int(kind), "alpha": result.pop("value"), **result})
    return rows


def kappa_table(project: Project, kind: StepKind) -> list[dict[str, Any]]:
    """One row for two annotators who share items: ``pair`` (usernames), ``kappa`` (None with
    an ``undefined_reason``) and ``n``; most shared items first."""
    rows = pairwise_kappa(_units(project, kind))
    names = dict(
        User.objects.filter(pk__in={pk for row in rows for pk in row.pair}).values_list(
            "pk", "username"
        )
    )
    return [
        {
            "pair": (names[row.pair[0]], names[row.pair[1]]),
            "kappa": row.value,
            "n": row.n,
            "undefined_reason": row.undefined_reason,
        }
        for row in rows
    ]


def _units(project: Project, kind: StepKind) -> list[dict[int, str]]:
    field = "verdict" if kind in OPEN_KINDS else "value"
    labels = (
        StepLabel.objects.filter(item__project=project, kind=kind, submission__undone_at=None)
        .exclude(verdict=StepLabel.Verdict.UNSURE)
        .values_list("item_id", "annotator_id", field)
    )
    units: dict[int, dict[int, str]] = defaultdict(dict)
    for item_id, annotator_id, said in labels.iterator():
        units[item_id][annotator_id] = said
    return list(units.values())
