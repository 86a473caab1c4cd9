"""Values that a later file brought for pairs that were known."""

from __future__ import annotations

from django.db import models

from annotation.models.made import Dated
from annotation.models.pairs import Pair, Project


class PairValues(Dated):
    """Append-only, and an outbox: who has read the pair before reads here what came since. The
    pair itself has them too."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    pair = models.ForeignKey(Pair, on_delete=models.CASCADE, related_name="+")
    source = models.CharField(max_length=200, blank=True, help_text="file or adapter")
    gold = models.JSONField(
        default=dict, blank=True, help_text="values that came with the file, kind -> value"
    )
    silver = models.JSONField(
        default=dict, blank=True, help_text="values derived from fields, never human"
    )

    class Meta:
        verbose_name_plural = "pair values"

    def __str__(self) -> str:
        return f"values of pair {self.pair_id} from {self.source}"
