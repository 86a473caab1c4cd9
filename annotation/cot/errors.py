"""What a service refuses, in words for people. Doors map each to its ``status``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from annotation.cot.storable import storable
from annotation.cot.wording import wording as _


class StepwiseError(Exception):
    """The base: ``message`` is one sentence without internals.

    It quotes what was sent, and is printed, sent and stored: so it never holds what none of
    these can take.
    """

    status = 400

    def __init__(self, message: str) -> None:
        self.message = storable(message)
        super().__init__(self.message)


class Invalid(StepwiseError):
    """The input is wrong and stays wrong however often it is sent."""

    status = 422


class Denied(StepwiseError):
    """The person may not do this."""

    status = 403


class Conflict(StepwiseError):
    """Somebody or something was faster; look again and decide."""

    status = 409


class TooMany(StepwiseError):
    """Too often; the same may be sent again after ``seconds``."""

    status = 429

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = max(1, round(seconds))


class NoRoom(StepwiseError):
    """What was sent cannot be kept here now, whoever sends it."""

    status = 507


class DraftConflict(Conflict):
    """The draft was saved elsewhere; both versions can be shown."""

    def __init__(self, version: int, draft: Mapping[str, Any]) -> None:
        super().__init__(_("the draft was changed in another window"))
        self.version = version
        self.draft = dict(draft)


class PreflightRefused(Invalid):
    """A launch that a lead may let through all the same. ``lines``: name and text of what is
    not met."""

    def __init__(self, lines: Sequence[tuple[str, str]]) -> None:
        self.lines = list(lines)
        super().__init__("; ".join(text for _name, text in lines))


class GateRefused(Invalid):
    """A reward model that a lead may appoint all the same; ``lines`` speak against it."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = list(lines)
        super().__init__("; ".join(lines))


class AlreadySubmitted(Conflict):
    """The person's labels of this item are stored: sent from another window, or before the
    answer got lost. ``receipt`` is that submission."""

    def __init__(self, receipt: int) -> None:
        super().__init__(
            _("you submitted this item before: receipt %(number)s counts", number=receipt)
        )
        self.receipt = receipt


class InvalidLabels(Invalid):
    """``by_kind``: step kind -> what is wrong with its label; 0 is the form as a whole."""

    def __init__(self, by_kind: Mapping[int, str]) -> None:
        self.by_kind = dict(by_kind)
        lines = (f"step {k}: {v}" if k else v for k, v in sorted(self.by_kind.items()))
        super().__init__("; ".join(lines))
