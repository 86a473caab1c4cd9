"""The claim: one statement that picks an item, picks a free slot and takes it.

Two claimers can meet on one item between their snapshots. Then the unique constraints let one
win, the other's INSERT does nothing, and it tries again; nobody can hold a slot twice.
A lease that ran out gives its slot away here and nowhere else: there is no sweeper.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from annotation.cot.sql import Sql, statement
from annotation.labelling.claims import shown_sql
from annotation.models import Assignment, QueueItem
from annotation.models.joined import fetch
from annotation.models.queue import CLAIMABLE, IN_A_SLOT

_State = Assignment.State


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a person stands before a claim. ``claim_id``: what they hold, renewed; a lease that
    ran out but was not given away is still held. ``asked_gold``: whether they ever were.
    ``mixes_gold``: a project in question does. ``project_id``: of the slug, None without.
    ``barred``: projects in which the person is paused or not in the pool. ``reservations``:
    some items are kept for some people."""

    claim_id: int | None
    asked_gold: bool
    mixes_gold: bool
    project_id: int | None
    barred: list[int]
    reservations: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """To take an item. ``item_id`` None: nothing can be claimed; ``claim_id`` None: somebody
    was faster. ``shown`` is what the person gets to see, where that is wanted."""

    item_id: int | None
    claim_id: int | None
    draft: dict[str, Any] | None
    draft_version: int | None
    active_ms: int | None
    shown: str | None


def own_claim(*, annotator_id: int, slug: str, expires: datetime) -> Standing:
    """``slug`` "": any project."""
    values = {"annotator": annotator_id, "slug": slug, "expires": expires}
    row = fetch(_own(bool(slug)), values)
    assert row is not None  # a SELECT without FROM has one row
    return Standing(*row)


def claim_once(
    *,
    annotator_id: int,
    standing: Standing,
    now: datetime,
    expires: datetime,
    skip_locked: bool,
    put_off_too: bool,
    shown: bool,
) -> Attempt:
    """``put_off_too`` also offers what this person put off for later or judged before.
    ``skip_locked`` passes over an item that somebody is at, else it is waited for. ``shown``
    reads what the item is about."""
    parts = {
        "of_project": standing.project_id is not None,
        "not_barred": standing.project_id is None and bool(standing.barred),
        "asked_gold": standing.asked_gold,
        "reservations": standing.reservations,
        "without_judged": not put_off_too,
        "skip_locked": skip_locked,
    }
    values = {
        "annotator": annotator_id,
        "project": standing.project_id,
        "barred": standing.barred,
        "now": now,
        "expires": expires,
    }
    wanted = frozenset(name for name, there in parts.items() if there)
    row = fetch(_take(wanted, put_off_too, shown), values)
    assert row is not None  # a SELECT without FROM has one row
    return Attempt(*row)


@cache
def _take(parts: frozenset[str], put_off_too: bool, shown: bool) -> str:
    passed = (*IN_A_SLOT, _State.SKIPPED)
    return statement(
        __file__,
        "claim_take",
        parts=parts,
        open=QueueItem.State.OPEN,
        claimed=_State.CLAIMED,
        submitted=_State.SUBMITTED,
        expired=_State.EXPIRED,
        passed=passed if put_off_too else (*passed, _State.RELEASED),
        shown=shown_sql("(SELECT item_id FROM taken)") if shown else Sql("NULL"),
    )


@cache
def _own(of_project: bool) -> str:
    return statement(
        __file__,
        "claim_own",
        parts=["of_project"] if of_project else [],
        claimed=_State.CLAIMED,
        claimable=CLAIMABLE,
    )
