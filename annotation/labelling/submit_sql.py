"""The two statements of a submit: what is the claim about, and ``stepwise_submit``.

The function is in the migrations: it locks the item, looks at the claim and writes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from annotation.cot.attributes import marks_json
from annotation.cot.labels import JudgedStep, LabelInput
from annotation.cot.storable import storable
from annotation.models.joined import fetch

_TARGET = """
SELECT i.id, i.state, i.kinds, o.rules, o.first_error_only, o.guideline_version, (
    SELECT json_agg(json_build_array(s.kind, s.value, char_length(s.text)))
    FROM annotation_step s WHERE s.rollout_id = i.rollout_id)
FROM annotation_assignment a
JOIN annotation_queueitem i ON i.id = a.item_id
JOIN annotation_project o ON o.id = i.project_id
WHERE a.id = %s AND a.annotator_id = %s
"""
_STORE = "SELECT * FROM stepwise_submit(%s, %s, %s, %s::jsonb, %s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Target:
    """What the labels of a claim are checked against; nothing of it changes while it is held,
    but for the rules, of which those at the time of reading count."""

    item_id: int
    state: str
    kinds: tuple[int, ...]
    rules: str
    first_error_only: bool
    guideline_version: int
    steps: dict[int, JudgedStep]


@dataclass(frozen=True, slots=True)
class Stored:
    """``outcome``: stored, repeated, or denied, used, closed, over, again, given_away: why not.
    ``receipt`` and ``created_at`` mean something for the first two."""

    outcome: str
    receipt: int | None
    created_at: datetime

    @property
    def done(self) -> bool:
        return self.outcome in ("stored", "repeated")


def claim_target(*, claim_id: int, annotator_id: int) -> Target | None:
    """None when the claim is not this person's."""
    row = fetch(_TARGET, [claim_id, annotator_id])
    if row is None:
        return None
    item, state, kinds, rules, first_only, guideline, texts = row
    steps = {kind: JudgedStep(value, length) for kind, value, length in texts or []}
    return Target(item, state, tuple(kinds), rules, first_only, guideline, steps)


def submission_store(
    *,
    claim_id: int,
    annotator_id: int,
    client_key: str,
    labels: Sequence[LabelInput],
    guideline_version: int,
    active_ms: int,
    now: datetime,
) -> Stored:
    """All of it or nothing."""
    rows = json.dumps([_columns(label) for label in labels])
    values = [claim_id, annotator_id, client_key, rows, active_ms, guideline_version, now]
    row = fetch(_STORE, values)
    assert row is not None  # a function with OUT parameters has one row
    return Stored(*row)


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
