"""Personal tokens for the API. The secret itself is never stored."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from annotation.models.made import Dated


class ApiToken(Dated):
    """A person's key. It may do what its scopes and the person's roles both allow."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    name = models.CharField(max_length=100, help_text="what it is for")
    digest = models.CharField(max_length=64, unique=True, help_text="sha256 of the secret")
    hint = models.CharField(max_length=12, help_text="how the secret begins")
    scopes = ArrayField(models.CharField(max_length=16))
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}...)"
