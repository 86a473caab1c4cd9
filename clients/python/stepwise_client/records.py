"""What the API gives and takes. Unknown is None or "", never 0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeVar

Verdict = Literal["correct", "incorrect", "unsure"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Step:
    kind: int
    text: str
    claimed: str  # "" for steps 1 and 2


@dataclass(frozen=True, slots=True)
class Claim:
    """An item you hold until ``expires_at`` (ISO 8601)."""

    id: int
    item: int
    project: str
    guideline_version: int
    state: str
    expires_at: str
    kinds: list[int]
    pair: dict[str, Any]
    steps: list[Step]
    draft: dict[str, Any]
    draft_version: int
    asked_attributes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Claim:
        steps = [read(Step, step) for step in body["steps"]]
        return read(cls, {**body, "steps": steps})


@dataclass(frozen=True, slots=True)
class Waiting:
    """Open items from your side; ``why``: ready, paused, held, skipped, done, reserved (for
    others), outside (not in the pool) or empty."""

    why: str
    open_items: int
    claimable: int
    held: int
    held_until: str | None
    skipped: int
    judged: int
    reserved: int = 0
    outside: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """An attribute that the query names; ``state``: match, mismatch, unknown or not_asked."""

    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Label:
    """A verdict on one step; leave unmarked steps out."""

    kind: int
    verdict: Verdict
    value: str = ""
    reason: str = ""
    comment: str = ""
    comment_start: int | None = None
    comment_end: int | None = None
    attributes: list[Mark] = field(default_factory=list)  # of step 4


@dataclass(frozen=True, slots=True)
class Decision:
    """A lead's word on one step of a split item."""

    kind: int
    verdict: Literal["correct", "incorrect"]
    value: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    receipt: int
    claim: int
    created_at: str


@dataclass(frozen=True, slots=True)
class Rollout:
    """A CoT of your own to be judged."""

    pair: int
    text: str
    policy: str
    layout: str = "answer_last"
    seed: int = 0
    sample_index: int = 0
    temperature: float = 1.0


@dataclass(frozen=True, slots=True)
class Job:
    """An import, an export, a batch of rollouts, a scoring or a run; ``body`` has the rest."""

    id: int
    state: str
    body: dict[str, Any]

    @property
    def ended(self) -> bool:
        return self.state in {"done", "failed", "finished", "cancelled"}

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Job:
        return cls(int(body["id"]), str(body["state"]), dict(body))


def read(cls: type[T], body: Mapping[str, Any]) -> T:
    """A record from JSON; keys this client does not know yet are left out."""
    # every record is a dataclass; T cannot say so
    known = {each.name for each in fields(cls)}  # type: ignore[arg-type]
    return cls(**{name: value for name, value in body.items() if name in known})
