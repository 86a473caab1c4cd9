"""How often somebody has tried to get in, by account and by address."""

from __future__ import annotations

from django.db import models


class SignInCount(models.Model):
    """Tries that were not right, or not known to be right yet, within one stretch of time.

    ``digest`` stands for an account, an address, or an address that sends tokens: what people
    type into the name field is sometimes their password, so it is not kept.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    tries = models.PositiveIntegerField(default=0)
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.tries} tries until {self.until:%H:%M:%S}"
