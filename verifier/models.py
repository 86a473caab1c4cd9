"""The offline verifier's ground truth and its immutable releases."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from annotation.models import Pair, Project, Resolution
from annotation.models.made import Dated, Made, by_person


class GroundTruth(Dated):
    """What is true. Kinds 3-5 are keyed by pair, kinds 1-2 by the hash of the step's text.

    A newer truth for the same key supersedes the older row, which stays.
    """

    class Source(models.TextChoices):
        ADJUDICATED = "adjudicated"
        CONSENSUS = "consensus"
        GOLD = "gold"  # came with the imported file
        # IMPLIED by the tier is derived whenever truth is frozen (verifier.implied), not a row
        SILVER = "silver"  # derived from product fields; never counted as human

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    pair = models.ForeignKey(Pair, on_delete=models.CASCADE, related_name="+")
    kind = models.PositiveSmallIntegerField()
    step_sha256 = models.CharField(max_length=64, blank=True, help_text="kinds 1-2")
    value = models.CharField(
        max_length=16, help_text="true value; correct|incorrect for kinds 1-2"
    )
    source = models.CharField(max_length=16, choices=Source.choices)
    resolution = models.ForeignKey(
        Resolution, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    superseded_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(
        null=True, blank=True, help_text="a lead took it back; it is superseded as well"
    )
    withdrawn_by = by_person()
    withdrawn_reason = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "ground truth"
        constraints = [
            models.UniqueConstraint(
                fields=["pair", "kind"], name="one_current_truth_a_pair",
                condition=Q(superseded_at=None, kind__gte=3),
            ),
            models.UniqueConstraint(
                fields=["project", "step_sha256", "kind"], name="one_current_truth_a_step",
                condition=Q(superseded_at=None, kind__lte=2),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"step {self.kind} of pair {self.pair_id}: {self.value} ({self.source})"


class Watermark(models.Model):
    """How far a reader has pulled an outbox."""

    name = models.CharField(max_length=64, unique=True)
    position = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name} at {self.position}"


class VerifierRelease(Made):
    """A frozen truth table: ``payload`` is truth.json, ``sha256`` is over its rows."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    payload = models.TextField()
    counts = models.JSONField(
        default=dict, help_text="rows by kind and source; masked_stale were left out"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="release_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.project.name}, release {self.number}"


class ReleaseRow(models.Model):
    """What a release holds, and the decision that it rests on; imported values rest on none.
    Truth is a row of ``truth.json``, a label is a verdict that reward models learn from; most
    decisions are both."""

    release = models.ForeignKey(
        VerifierRelease, on_delete=models.CASCADE, related_name="rows", db_index=False
    )
    resolution = models.ForeignKey(
        Resolution, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    pair = models.ForeignKey(Pair, on_delete=models.CASCADE, related_name="+")
    kind = models.PositiveSmallIntegerField()
    step_sha256 = models.CharField(max_length=64, blank=True, help_text="kinds 1-2")
    is_truth = models.BooleanField(default=True)
    is_label = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["release", "pair", "kind"], name="release_row")]

    def __str__(self) -> str:
        return f"step {self.kind} of pair {self.pair_id} in release {self.release_id}"
