"""When a row was made, and by whom: what most tables have."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Dated(models.Model):
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True


class Made(Dated):
    """The row outlives the account."""

    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    class Meta:
        abstract = True
