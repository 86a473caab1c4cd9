"""What the row of every long job has, whoever works on it."""

from __future__ import annotations

from typing import Any

from django.db import models


class Leased(models.Model):
    """A worker has the row while now < ``lease_expires_at`` and ``lease_token`` is its own. The
    states of the rest have ``queued``, ``running`` and ``failed``; see ``leases``."""

    lease_token = models.CharField(max_length=64, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    strikes = models.PositiveSmallIntegerField(
        default=0, help_text="times begun since it last got further"
    )
    setback = models.TextField(
        blank=True, help_text="why the last try ended, where another one may go well"
    )

    class Meta:
        abstract = True

    @classmethod
    def failure(cls, message: str) -> dict[str, Any]:
        """The fields that tell why a job has failed."""
        return {"error": message}
