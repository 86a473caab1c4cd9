"""The claim: one statement that picks an item, picks a free slot and takes it.

Two claimers can meet on one item between their snapshots. Then the unique constraints let one
win, the other's INSERT does nothing, and it tries again; nobody can hold a slot twice.
A lease that ran out gives its slot away here and nowhere else: there is no sweeper.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal

from annotation.labelling.claims import shown_sql
from annotation.models.joined import fetch

# A busy item is passed over at first; only when nothing else is left is it waited for.
Lock = Literal["FOR UPDATE OF i SKIP LOCKED", "FOR UPDATE OF i"]

_LIVE = "(a.state = 'submitted' OR (a.state = 'claimed' AND a.expires_at > %(now)s))"

# What is asked about each item stays a subquery of its own, never a join: so items are always
# walked in the order of the queue's index, a few of them, whatever the tables' statistics say.
_CLAIM = """
WITH candidate AS (
    SELECT i.id, i.overlap
    FROM annotation_queueitem i
    WHERE i.state = 'open' {project}
      {known}
      {reserved}
      {returned}
      AND (SELECT count(*) FILTER (WHERE {live}) < i.overlap
               AND count(*) FILTER (
                   WHERE a.annotator_id = %(annotator)s AND a.state IN {passed}) = 0
           FROM annotation_assignment a WHERE a.item_id = i.id)
    ORDER BY i.priority DESC, i.id
    LIMIT 1
    {lock}
), free AS (
    SELECT c.id AS item_id, (
        SELECT min(n) FROM generate_series(0, c.overlap - 1) AS n
        WHERE n <> ALL (ARRAY(
            SELECT a.slot FROM annotation_assignment a WHERE a.item_id = c.id AND {live}))
    ) AS slot
    FROM candidate c
), lapsed AS (
    UPDATE annotation_assignment a SET state = 'expired'
    WHERE a.item_id = (SELECT item_id FROM free) AND a.slot = (SELECT slot FROM free)
      AND a.state = 'claimed' AND a.expires_at <= %(now)s
    RETURNING a.id
), mine AS (
    SELECT a.draft, a.draft_version, a.active_ms
    FROM annotation_assignment a
    WHERE a.item_id = (SELECT item_id FROM free) AND a.annotator_id = %(annotator)s
    ORDER BY a.id DESC LIMIT 1
), taken AS (
    INSERT INTO annotation_assignment (item_id, annotator_id, slot, state, claimed_at,
        expires_at, reason, draft, draft_version, active_ms)
    SELECT free.item_id, %(annotator)s, free.slot, 'claimed', %(now)s, %(expires)s, '',
        coalesce(mine.draft, '{{}}'::jsonb), coalesce(mine.draft_version, 0),
        coalesce(mine.active_ms, 0)
    -- Counting the lapsed rows makes the slot free before it is taken.
    FROM free CROSS JOIN (SELECT count(*) FROM lapsed) AS done LEFT JOIN mine ON true
    ON CONFLICT DO NOTHING
    RETURNING id, item_id, draft, draft_version, active_ms
)
SELECT (SELECT id FROM candidate), (SELECT id FROM taken), (SELECT draft::json FROM taken),
    (SELECT draft_version FROM taken), (SELECT active_ms FROM taken), {shown}
"""

# Rollouts of the pairs that the person was asked about as gold: feedback told the answers. It
# does not depend on the item, so the server looks once a claim.
_KNOWN = """AND i.rollout_id <> ALL (ARRAY(
        SELECT r.id FROM annotation_goldtry t
        JOIN annotation_golditem g ON g.id = t.gold_id
        JOIN annotation_rollout gold ON gold.id = g.rollout_id
        JOIN annotation_rollout r ON r.pair_id = gold.pair_id
        WHERE t.annotator_id = %(annotator)s))"""

# Texts that the person judged as an earlier item: they come last, when nothing else is left.
_RETURNED = """AND NOT EXISTS (
        SELECT 1 FROM annotation_queueitem e JOIN annotation_assignment b ON b.item_id = e.id
        WHERE e.rollout_id = i.rollout_id AND e.id <> i.id
          AND b.annotator_id = %(annotator)s AND b.state = 'submitted' OFFSET 0)"""

# OFFSET 0 keeps these subqueries, too, from becoming joins.
_RESERVED = """AND (
        NOT EXISTS (SELECT 1 FROM annotation_queueitem_reserved_for r
                    WHERE r.queueitem_id = i.id OFFSET 0)
        OR EXISTS (SELECT 1 FROM annotation_queueitem_reserved_for r
                   WHERE r.queueitem_id = i.id AND r.user_id = %(annotator)s OFFSET 0))"""

_PLACE = "(SELECT o.id FROM annotation_project o WHERE o.slug = %(slug)s)"
_OWN = """
WITH own AS (
    UPDATE annotation_assignment SET expires_at = greatest(expires_at, %(expires)s)
    WHERE state = 'claimed' AND id = (
        SELECT a.id FROM annotation_assignment a JOIN annotation_queueitem i ON i.id = a.item_id
        WHERE a.annotator_id = %(annotator)s AND a.state = 'claimed'
          AND i.state IN ('open', 'gold') {project}
        ORDER BY a.expires_at DESC LIMIT 1)
    RETURNING id
)
SELECT (SELECT id FROM own),
    EXISTS (SELECT 1 FROM annotation_goldtry t WHERE t.annotator_id = %(annotator)s),
    EXISTS (SELECT 1 FROM annotation_project o
            WHERE (o.gold_percent > 0 OR o.gold_onboarding > 0) {of_place}),
    {place},
    ARRAY(
        SELECT p.project_id FROM annotation_pause p
        WHERE p.annotator_id = %(annotator)s AND p.lifted_at IS NULL
        UNION
        SELECT m.project_id FROM annotation_project_pool m
        GROUP BY m.project_id HAVING bool_and(m.user_id <> %(annotator)s)),
    EXISTS (SELECT 1 FROM annotation_queueitem_reserved_for)
"""


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
    row = fetch(_own_statement(not slug), values)
    assert row is not None  # a SELECT without FROM has one row
    return Standing(*row)


def claim_once(
    *,
    annotator_id: int,
    standing: Standing,
    now: datetime,
    expires: datetime,
    lock: Lock,
    put_off_too: bool,
    shown: bool,
) -> Attempt:
    """``put_off_too`` also offers what this person put off for later or judged before.
    ``shown``: read what the item is about."""
    statement = _claim_statement(
        _where(standing), lock, put_off_too, standing.asked_gold, standing.reservations, shown
    )
    values = {
        "annotator": annotator_id,
        "project": standing.project_id,
        "barred": standing.barred,
        "now": now,
        "expires": expires,
    }
    row = fetch(statement, values)
    assert row is not None  # a SELECT without FROM has one row
    return Attempt(*row)


def _where(standing: Standing) -> str:
    """Each condition is left out where it holds for all items: it is asked of each of them."""
    if standing.project_id is not None:
        return "AND i.project_id = %(project)s"
    return "AND i.project_id <> ALL (%(barred)s)" if standing.barred else ""


@cache
def _claim_statement(
    where: str, lock: Lock, put_off_too: bool, asked_gold: bool, reservations: bool, shown: bool
) -> str:
    passed = "" if put_off_too else ", 'released'"
    return _CLAIM.format(
        project=where,
        passed=f"('claimed', 'submitted', 'skipped'{passed})",
        live=_LIVE,
        known=_KNOWN if asked_gold else "",
        returned="" if put_off_too else _RETURNED,
        reserved=_RESERVED if reservations else "",
        lock=lock,
        shown=shown_sql("(SELECT item_id FROM taken)") if shown else "NULL",
    )


@cache
def _own_statement(any_project: bool) -> str:
    return _OWN.format(
        project="" if any_project else f"AND i.project_id = {_PLACE}",
        of_place="" if any_project else "AND o.slug = %(slug)s",
        place=_PLACE,
    )
