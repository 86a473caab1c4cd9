"""What an annotator wants a lead to look at: a step or an item, with a reason."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotation.models.made import by_person
from annotation.models.queue import QueueItem


class Flag(models.Model):
    """Open until a lead settles it. ``kind`` is null when the whole item is meant."""

    item = models.ForeignKey(QueueItem, on_delete=models.CASCADE, related_name="flags")
    kind = models.PositiveSmallIntegerField(null=True, blank=True)
    reason = models.TextField()
    raised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    raised_at = models.DateTimeField(auto_now_add=True)
    settled_by = by_person(models.PROTECT)
    settled_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True, help_text="the lead's, shown to who raised it")

    class Meta:
        indexes = [
            models.Index(fields=["item"], name="open_flags", condition=Q(settled_at=None))
        ]
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"flag on {f'step {self.kind} of ' if self.kind else ''}item {self.item_id}"
