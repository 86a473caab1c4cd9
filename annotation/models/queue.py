"""Who is to judge what: the queue and its claims."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from annotation.models.pairs import Project, Rollout
from annotation.models.rounds import Round


class QueueItem(models.Model):
    """A rollout waiting for ``overlap`` distinct annotators to judge ``kinds``."""

    class Reason(models.TextChoices):
        NEW = "new"
        MALFORMED = "malformed"
        DISAGREEMENT = "disagreement"
        AUDIT = "audit"
        STALE = "stale"  # the rule changed after it was labelled
        GOLD = "gold"

    class State(models.TextChoices):
        OPEN = "open"  # wants labels
        LABELLED = "labelled"  # has overlap submissions, waits for resolution
        SPLIT = "split"  # needs adjudication by a lead
        RESOLVED = "resolved"
        DROPPED = "dropped"  # unrateable or withdrawn
        GOLD = "gold"  # checks one person; not claimable by others, never resolved

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="items")
    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="items")
    reason = models.CharField(max_length=16, choices=Reason.choices, default=Reason.NEW)
    state = models.CharField(max_length=16, choices=State.choices, default=State.OPEN)
    priority = models.IntegerField(default=0, help_text="higher first")
    overlap = models.PositiveSmallIntegerField()
    kinds = ArrayField(models.PositiveSmallIntegerField(), help_text="step kinds to judge")
    note = models.TextField(blank=True)
    round = models.ForeignKey(
        Round, null=True, blank=True, on_delete=models.SET_NULL, related_name="items",
        db_index=False,
    )  # fmt: skip
    selection = models.CharField(
        max_length=16, blank=True, default="", db_default="",
        help_text="explore = chance placed it, order = its worth, audit = asked again",
    )  # fmt: skip
    probability = models.FloatField(
        null=True, blank=True, help_text="of being drawn: explore, audit"
    )
    reserved_for = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+",
        help_text="who alone may claim it; nobody named = the project's pool",
    )  # fmt: skip
    opened_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rollout"], name="one_live_item_a_rollout",
                condition=Q(state__in=["open", "labelled", "split"]),
            )
        ]  # fmt: skip
        indexes = [
            models.Index(
                F("project"), F("priority").desc(), F("id"), name="queue_order",
                condition=Q(state="open"),
            ),
            # Somebody who labels whatever comes, from any project.
            models.Index(
                F("priority").desc(), F("id"), name="queue_order_any",
                condition=Q(state="open"),
            ),
            models.Index(fields=["state", "project"], name="queue_state"),
            models.Index(
                fields=["round"], name="queue_round", condition=Q(round__isnull=False)
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"item {self.pk} ({self.reason}, {self.state})"


class Assignment(models.Model):
    """One annotator's hold on one slot of an item. A lease is valid while now < expires_at."""

    class State(models.TextChoices):
        CLAIMED = "claimed"
        SUBMITTED = "submitted"
        SKIPPED = "skipped"
        RELEASED = "released"
        EXPIRED = "expired"

    item = models.ForeignKey(QueueItem, on_delete=models.CASCADE, related_name="assignments")
    annotator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="assignments",
        db_index=False,  # assignment_of_annotator begins with it
    )  # fmt: skip
    slot = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=16, choices=State.choices, default=State.CLAIMED)
    claimed_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True, help_text="why skipped or unrateable")
    skip = models.CharField(
        max_length=12, blank=True, default="", db_default="",
        help_text="how it was given back; empty when it was not",
    )  # fmt: skip
    skipped_at = models.DateTimeField(null=True, blank=True)
    draft = models.JSONField(default=dict, blank=True)
    draft_version = models.PositiveIntegerField(default=0)
    active_ms = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item", "slot"], name="one_live_assignment_a_slot",
                condition=Q(state__in=["claimed", "submitted"]),
            ),
            models.UniqueConstraint(
                fields=["item", "annotator"], name="one_live_assignment_an_annotator",
                condition=Q(state__in=["claimed", "submitted"]),
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["annotator", "state"], name="assignment_of_annotator")]

    def __str__(self) -> str:
        return f"assignment {self.pk} of {self.annotator_id}"


LIVE_STATES = (QueueItem.State.OPEN, QueueItem.State.LABELLED, QueueItem.State.SPLIT)
CLAIMABLE = (QueueItem.State.OPEN, QueueItem.State.GOLD)
IN_A_SLOT = (Assignment.State.CLAIMED, Assignment.State.SUBMITTED)
