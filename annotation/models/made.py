"""When a row was made, and by whom: what most tables have."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models


def by_person(on_delete: Any = models.SET_NULL) -> models.ForeignKey[Any, Any]:
    """Who did it, once somebody has. ``PROTECT`` where the row means nothing without them."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=on_delete,
        related_name="+",
    )


class Dated(models.Model):
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True


class Made(Dated):
    """The row outlives the account."""

    created_by = by_person()

    class Meta:
        abstract = True
