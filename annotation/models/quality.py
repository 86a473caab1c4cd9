"""Gold, pauses, reviews and fitted consensus: what leads keep an eye on."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from annotation.models.made import Dated, Made, by_person
from annotation.models.pairs import Project, Rollout
from annotation.models.queue import QueueItem


class GoldItem(Made):
    """A rollout whose true answers are known, so that it can check a person.

    ``answers``: step kind -> true value (kinds 3-5) or verdict (kinds 1-2).
    """

    class Source(models.TextChoices):
        IMPORT = "import"  # values that came with the pair
        LEAD = "lead"  # a resolved item that a lead made gold

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="gold_items")
    rollout = models.OneToOneField(Rollout, on_delete=models.CASCADE, related_name="gold_item")
    answers = models.JSONField()
    note = models.TextField(blank=True, help_text="the explanation that feedback shows")
    source = models.CharField(max_length=8, choices=Source.choices)
    active = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["project", "active"], name="gold_of_project")]

    def __str__(self) -> str:
        return f"gold {self.pk}"


class GoldTry(models.Model):
    """A gold item asked of one person. The first attempt counts; later ones are practice.

    ``item`` is in state ``gold``: nobody else can claim it and it is never resolved.
    ``wrong`` are the step kinds that differ from the gold answers, None before the answer.
    """

    class Purpose(models.TextChoices):
        ONBOARDING = "onboarding"
        CONTINUOUS = "continuous"

    gold = models.ForeignKey(GoldItem, on_delete=models.CASCADE, related_name="tries")
    annotator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="gold_tries"
    )
    attempt = models.PositiveSmallIntegerField(default=1)
    item = models.OneToOneField(QueueItem, on_delete=models.PROTECT, related_name="gold_try")
    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    wrong = ArrayField(models.PositiveSmallIntegerField(), null=True, blank=True)
    score = models.FloatField(null=True, blank=True, help_text="share of gold steps right")
    opened_at = models.DateTimeField(auto_now_add=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["gold", "annotator", "attempt"], name="gold_attempt_once"
            )
        ]
        indexes = [models.Index(fields=["annotator", "-answered_at"], name="gold_of_person")]
        verbose_name_plural = "gold tries"

    def __str__(self) -> str:
        return f"attempt {self.attempt} of {self.annotator_id} at gold {self.gold_id}"


class Practice(Dated):
    """Somebody was told a gold item's answers before they began: it checks them no more."""

    gold = models.ForeignKey(GoldItem, on_delete=models.CASCADE, related_name="practised")
    annotator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["annotator", "gold"], name="practised_once")
        ]

    def __str__(self) -> str:
        return f"practice of {self.annotator_id} at gold {self.gold_id}"


class GoldDispute(Dated):
    """Somebody says that a gold answer is wrong; a lead upholds or changes it."""

    class State(models.TextChoices):
        OPEN = "open"
        UPHELD = "upheld"  # the gold answer stays
        CHANGED = "changed"  # the gold answer was wrong

    gold = models.ForeignKey(GoldItem, on_delete=models.CASCADE, related_name="disputes")
    gold_try = models.ForeignKey(GoldTry, on_delete=models.CASCADE, related_name="disputes")
    reason = models.TextField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    answers_before = models.JSONField()
    answers_after = models.JSONField(null=True, blank=True)
    decided_by = by_person(models.PROTECT)
    decision_note = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["gold_try"], name="one_open_dispute_a_try", condition=Q(state="open")
            )
        ]

    def __str__(self) -> str:
        return f"dispute {self.pk} ({self.state})"


class Pause(Dated):
    """A person gets no more claims in a project until a lead lifts it."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="pauses")
    annotator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="pauses"
    )
    accuracy = models.FloatField(help_text="over the last n gold items, 0..1")
    n = models.PositiveSmallIntegerField()
    threshold = models.FloatField()
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = by_person()
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["annotator", "project"], name="one_pause_a_person",
                condition=Q(lifted_at=None),
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"pause of {self.annotator_id} in project {self.project_id}"


class Review(Dated):
    """A resolved item that was drawn for a second look by a lead."""

    class State(models.TextChoices):
        DUE = "due"
        ACCEPTED = "accepted"
        REOPENED = "reopened"

    item = models.ForeignKey(QueueItem, on_delete=models.CASCADE, related_name="reviews")
    state = models.CharField(max_length=8, choices=State.choices, default=State.DUE)
    reviewer = by_person(models.PROTECT)
    note = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item"], name="one_due_review_an_item", condition=Q(state="due")
            )
        ]

    def __str__(self) -> str:
        return f"review of item {self.item_id} ({self.state})"


class ConsensusFit(Dated):
    """Dawid-Skene estimates of one step kind: how often which value is true, and who says
    what when. ``errors``: annotator id -> true value -> said value -> probability."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="fits")
    kind = models.PositiveSmallIntegerField()
    priors = models.JSONField(help_text="value -> probability")
    errors = models.JSONField()
    n_items = models.PositiveIntegerField()
    n_labels = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["project", "kind", "-id"], name="fit_newest")]

    def __str__(self) -> str:
        return f"Dawid-Skene fit {self.pk} of step {self.kind}"
