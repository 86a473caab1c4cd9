"""Where a project's order has put its open items."""

from __future__ import annotations

from django.db import models

from annotation.models import QueueItem


class ItemRank(models.Model):
    """The order's last word on an item. Somebody who gave it another priority overruled it."""

    item = models.OneToOneField(
        QueueItem, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    key = models.CharField(
        max_length=64, blank=True, help_text="order, reward model, release and policy it is of"
    )
    worth = models.FloatField(help_text="of an answer, in the order's own measure")
    priority = models.IntegerField(help_text="that the order gave")

    def __str__(self) -> str:
        return f"item {self.item_id} at {self.priority}"
