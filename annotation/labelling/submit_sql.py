"""The two statements of a submit: what is the claim about, and ``stepwise_submit``.

The function locks the item, looks at the claim and writes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

from annotation.cot.attributes import marks_json
from annotation.cot.labels import JudgedStep, LabelInput
from annotation.cot.sql import statement
from annotation.cot.storable import storable
from annotation.models import Assignment, QueueItem
from annotation.models.functions import Function
from annotation.models.joined import fetch
from annotation.models.queue import CLAIMABLE, IN_A_SLOT


class Outcome(StrEnum):
    STORED = "stored"
    REPEATED = "repeated"
    DENIED = "denied"  # from here on: why not
    USED = "used"
    CLOSED = "closed"
    OVER = "over"
    AGAIN = "again"
    GIVEN_AWAY = "given_away"


_sql = partial(statement, __file__)
_TARGET = _sql("claim_target")
_STORE = _sql("submission_store")
SUBMIT = Function(
    "stepwise_submit",
    _sql(
        "stepwise_submit",
        open=QueueItem.State.OPEN,
        labelled=QueueItem.State.LABELLED,
        claimable=CLAIMABLE,
        claimed=Assignment.State.CLAIMED,
        submitted=Assignment.State.SUBMITTED,
        expired=Assignment.State.EXPIRED,
        live=IN_A_SLOT,
        **{outcome.value: outcome for outcome in Outcome},
    ),
)


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
    """``receipt`` and ``created_at`` mean something where it is ``done``."""

    outcome: Outcome
    receipt: int | None
    created_at: datetime

    @property
    def done(self) -> bool:
        return self.outcome in (Outcome.STORED, Outcome.REPEATED)


def claim_target(*, claim_id: int, annotator_id: int) -> Target | None:
    """None when the claim is not this person's."""
    row = fetch(_TARGET, {"claim": claim_id, "annotator": annotator_id})
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
    row = fetch(
        _STORE,
        {
            "claim": claim_id,
            "annotator": annotator_id,
            "client_key": client_key,
            "labels": json.dumps([_columns(label) for label in labels]),
            "active_ms": active_ms,
            "guideline_version": guideline_version,
            "now": now,
        },
    )
    assert row is not None  # a function with OUT parameters has one row
    outcome, receipt, stored_at = row
    return Stored(Outcome(outcome), receipt, stored_at)


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
