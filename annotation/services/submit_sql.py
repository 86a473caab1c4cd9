"""The three statements of a submit: lock the item, look at the claim, write everything."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from annotation.attributes import marks_json
from annotation.labels import JudgedStep, LabelInput
from annotation.models import Assignment, Project, QueueItem
from annotation.selectors.joined import Joined, fetch
from annotation.storable import storable

_ITEM = Joined(i=QueueItem, o=Project)
_HELD = Joined(a=Assignment)

# The item's lock puts submits, undos and resolutions of one item in a row.
_LOCK = """
SELECT {columns}, (
    SELECT json_agg(json_build_array(s.kind, s.value, char_length(s.text)))
    FROM annotation_step s WHERE s.rollout_id = i.rollout_id)
FROM annotation_queueitem i JOIN annotation_project o ON o.id = i.project_id
WHERE i.id = (SELECT a.item_id FROM annotation_assignment a
              WHERE a.id = %(claim)s AND a.annotator_id = %(annotator)s)
FOR UPDATE OF i
"""

# A statement of its own: what it sees is younger than the lock.
_LOOK = """
SELECT {columns},
    (SELECT s.id FROM annotation_submission s WHERE s.client_key = %(key)s),
    (SELECT json_agg(json_build_array(b.slot, b.annotator_id, b.state))
     FROM annotation_assignment b
     WHERE b.item_id = a.item_id AND b.id <> a.id AND b.state IN ('claimed', 'submitted'))
FROM annotation_assignment a WHERE a.id = %(claim)s
FOR UPDATE OF a
"""

_WRITE = """
WITH held AS (
    UPDATE annotation_assignment
    SET state = 'submitted', slot = %(slot)s, submitted_at = %(moment)s,
        active_ms = %(active_ms)s
    WHERE id = %(claim)s
), submission AS (
    INSERT INTO annotation_submission (assignment_id, client_key, created_at)
    VALUES (%(claim)s, %(key)s, %(now)s) RETURNING id
), complete AS (
    UPDATE annotation_queueitem SET state = 'labelled'
    WHERE id = %(item)s AND %(complete)s
), labels AS (
    INSERT INTO annotation_steplabel (submission_id, annotator_id, item_id, kind, verdict,
        value, reason, comment, comment_start, comment_end, guideline_version, active_ms,
        hint_shown, attributes, created_at)
    SELECT submission.id, %(annotator)s, %(item)s, l.kind, l.verdict, l.value, l.reason,
        l.comment, l.comment_start, l.comment_end, %(guideline)s, l.active_ms, l.hint_shown,
        l.attributes, %(now)s
    FROM submission, jsonb_to_recordset(%(labels)s::jsonb) AS l(
        kind smallint, verdict text, value text, reason text, comment text,
        comment_start integer, comment_end integer, active_ms integer, hint_shown boolean,
        attributes jsonb)
)
SELECT id FROM submission
"""


@dataclass(frozen=True, slots=True)
class Other:
    """Another live assignment of the item."""

    slot: int
    annotator_id: int
    state: str


@dataclass(frozen=True, slots=True)
class Held:
    """The claim as it is under the lock. ``repeated``: the receipt this key already has."""

    claim: Assignment
    repeated: int | None
    others: tuple[Other, ...]


def item_lock(
    *, claim_id: int, annotator_id: int
) -> tuple[QueueItem, dict[int, JudgedStep]] | None:
    """The locked item with its project, and what its steps say; None when the claim is not this
    person's."""
    values = {"claim": claim_id, "annotator": annotator_id}
    row = fetch(_LOCK.format(columns=_ITEM.columns), values)
    if row is None:
        return None
    found = _ITEM.read(row)
    item: QueueItem = found["i"]
    item.project = found["o"]
    steps = {kind: JudgedStep(value, length) for kind, value, length in row[-1] or []}
    return item, steps


def claim_look(*, claim_id: int, client_key: str) -> Held:
    """Call it after :func:`item_lock`."""
    values = {"claim": claim_id, "key": client_key}
    row = fetch(_LOOK.format(columns=_HELD.columns), values, prepared=False)
    assert row is not None  # an assignment is never deleted
    others = tuple(Other(*other) for other in row[-1] or [])
    return Held(_HELD.read(row)["a"], row[-2], others)


def submission_write(
    *,
    claim: Assignment,
    item: QueueItem,
    client_key: str,
    labels: Sequence[LabelInput],
    complete: bool,
    now: datetime,
) -> int:
    """The claim's new state, the submission and its labels; with ``complete`` the item has all
    it asked for. Returns the receipt."""
    values = {
        "claim": claim.pk,
        "slot": claim.slot,
        "moment": claim.submitted_at,
        "active_ms": claim.active_ms,
        "key": client_key,
        "annotator": claim.annotator_id,
        "item": item.pk,
        "complete": complete,
        "guideline": item.project.guideline_version,
        "labels": json.dumps([_columns(label) for label in labels]),
        "now": now,
    }
    row = fetch(_WRITE, values)
    assert row is not None
    return int(row[0])


def _columns(label: LabelInput) -> dict[str, Any]:
    return {
        "kind": label.kind,
        "verdict": label.verdict,
        "value": label.value,
        "reason": storable(label.reason.strip()),
        "comment": storable(label.comment.strip()),
        "comment_start": label.comment_start,
        "comment_end": label.comment_end,
        "active_ms": max(label.active_ms, 0),
        "hint_shown": label.hint_shown,
        "attributes": marks_json(label.attributes),
    }
