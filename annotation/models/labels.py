"""What people said. StepLabel and Resolution are append-only; the newest row per key is the
valid one, and the rows double as the outbox that the verifier reads past a watermark.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models

from annotation.models.made import Dated, by_person
from annotation.models.pairs import Pair
from annotation.models.queue import Assignment, QueueItem


class Submission(Dated):
    """One press of "submit"; the id is the receipt. ``client_key``, one of the person's own,
    makes a repeat harmless."""

    assignment = models.ForeignKey(
        Assignment, on_delete=models.PROTECT, related_name="submissions"
    )
    # The constraint begins with it.
    annotator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    client_key = models.CharField(max_length=64)
    undone_at = models.DateTimeField(null=True, blank=True)
    imported_at = models.DateTimeField(
        null=True, blank=True, help_text="of a file; then created_at is when it was said there"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["annotator", "client_key"], name="key_once_a_person"
            )
        ]

    def __str__(self) -> str:
        return f"receipt {self.pk}"


class StepLabel(Dated):
    """A person's judgment of one step. Unmarked steps have no row: unmarked is not a value."""

    class Verdict(models.TextChoices):
        CORRECT = "correct"
        INCORRECT = "incorrect"
        UNSURE = "unsure"

    # The constraint and the index below begin with the submission and the item.
    submission = models.ForeignKey(
        Submission, on_delete=models.PROTECT, related_name="labels", db_index=False
    )
    annotator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="step_labels"
    )
    item = models.ForeignKey(
        QueueItem, on_delete=models.PROTECT, related_name="labels", db_index=False
    )
    kind = models.PositiveSmallIntegerField()
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    value = models.CharField(max_length=16, blank=True, help_text="the true value, kinds 3-5")
    reason = models.TextField(blank=True, help_text="why unsure, or why a rule is overridden")
    comment = models.TextField(blank=True)
    comment_start = models.PositiveIntegerField(null=True, blank=True)
    comment_end = models.PositiveIntegerField(null=True, blank=True)
    guideline_version = models.PositiveIntegerField(default=1)
    active_ms = models.PositiveIntegerField(default=0)
    hint_shown = models.BooleanField(default=False)
    attributes = models.JSONField(
        default=list, blank=True, help_text="kind 4: [{name, state}] of the asked attributes"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["submission", "kind"], name="label_once")
        ]
        indexes = [models.Index(fields=["item", "kind"], name="labels_of_item")]

    def __str__(self) -> str:
        return f"{self.verdict} on step {self.kind}"


class Resolution(Dated):
    """The decided verdict and value of one step of one item. Append-only, newest wins."""

    class Source(models.TextChoices):
        ADJUDICATED = "adjudicated"
        CONSENSUS = "consensus"

    item = models.ForeignKey(QueueItem, on_delete=models.PROTECT, related_name="resolutions")
    pair = models.ForeignKey(Pair, on_delete=models.PROTECT, related_name="resolutions")
    kind = models.PositiveSmallIntegerField()
    verdict = models.CharField(max_length=10, blank=True, help_text="blank: step was missing")
    value = models.CharField(max_length=16, blank=True)
    source = models.CharField(max_length=16, choices=Source.choices)
    n = models.PositiveSmallIntegerField(help_text="labels behind it")
    agreement = models.FloatField(help_text="share of labels that say the same")
    step_sha256 = models.CharField(max_length=64, blank=True)
    decided_by = by_person(models.PROTECT)
    cause = models.CharField(max_length=32, blank=True, help_text="why the labels were split")
    method = models.CharField(max_length=32, blank=True, help_text="how the labels were merged")
    guideline_version = models.PositiveIntegerField(default=1)
    withdrawn_at = models.DateTimeField(
        null=True, blank=True, help_text="a lead took it back; it decides nothing any more"
    )

    class Meta:
        indexes = [models.Index(fields=["item", "kind", "-id"], name="resolution_newest")]

    def __str__(self) -> str:
        return f"{self.source} on step {self.kind} of item {self.item_id}"
