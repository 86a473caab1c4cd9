"""Who somebody in another tool is here."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from annotation.models.made import Dated


class OutsideName(Dated):
    """A name that a file had for a person, remembered so that a renamed account stays that
    person. ``origin`` is the server that the name is from, or our project."""

    origin = models.CharField(max_length=200)
    name = models.CharField(max_length=254, help_text="e-mail, name or #number, folded")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["origin", "name"], name="outside_name_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.origin}"
