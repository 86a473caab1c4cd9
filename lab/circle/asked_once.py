"""How much of what people would have been asked was known already, and whether it was right."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from annotation.cot.intervals import wilson
from annotation.cot.steps import OPEN_KINDS
from annotation.models import Project, QueueItem, Rollout
from annotation.quality.audits import audit_rates


def asked_once(
    project: Project, kinds: list[int], overlap: int, reused: dict[str, float | None]
) -> dict[str, Any]:
    """``reused``: the share of the rewards of steps 1 and 2 that a verdict on the same text
    gave. A share that nothing was measured for is None."""
    return {
        "labels_saved": labels_saved(project, kinds, overlap),
        **{f"reuse_share_kind_{kind:d}": reused.get(f"{kind:d}") for kind in OPEN_KINDS},
        "audit_contradiction": audit_contradiction(project),
    }


def labels_saved(project: Project, kinds: list[int], overlap: int) -> int:
    """Steps of readable rollouts that no item asked about, times the people of an item."""
    wanted = set(kinds)
    in_items: dict[int, set[int]] = defaultdict(set)
    items = QueueItem.objects.filter(project=project)
    for rollout, own in items.values_list("rollout", "kinds"):
        in_items[rollout] |= set(own)
    rollouts = Rollout.objects.filter(pair__project=project, parse_error="")
    left = sum(len(wanted - in_items[pk]) for pk in rollouts.values_list("pk", flat=True))
    return left * overlap


def audit_contradiction(project: Project) -> dict[str, Any]:
    """Of decided answers that chance asked again: how often people gave another one."""
    rates = audit_rates(project)
    n, contradicted = sum(row.n for row in rates), sum(row.contradicted for row in rates)
    share = contradicted / n if n else None
    return {"n": n, "share": share, "interval": wilson(contradicted, n) if n else None}
