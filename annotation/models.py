"""What people see and say: pairs, rollouts, the queue, labels, resolutions.

StepLabel and Resolution are append-only; the newest row per key is the valid one, and the rows
double as the outbox that the verifier reads past a watermark.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from annotation.rules import DEFAULT_RULES


class Project(models.Model):
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    layout = models.CharField(
        max_length=16, default="answer_last",
        choices=[("answer_last", "answer last"), ("answer_first", "answer first")],
    )  # fmt: skip
    overlap = models.PositiveSmallIntegerField(default=2, help_text="annotators an item")
    max_overlap = models.PositiveSmallIntegerField(default=3, help_text="after low agreement")
    rules = models.TextField(
        default=DEFAULT_RULES, help_text="TOML: category x attribute -> tier"
    )
    guideline = models.TextField(blank=True, help_text="Markdown")
    guideline_version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(overlap__gte=1), name="project_overlap_positive"
            ),
            models.CheckConstraint(
                condition=Q(max_overlap__gte=F("overlap")), name="project_max_overlap"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """A product snapshot; the same content is stored once a project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="products")
    external_id = models.CharField(max_length=200)
    content_hash = models.CharField(max_length=64)
    title = models.TextField()
    category_path = models.TextField(blank=True, help_text="levels joined by ' > '")
    attributes = models.JSONField(default=list, help_text="ordered [name, value] pairs")
    description = models.TextField(blank=True)
    image_url = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "external_id", "content_hash"], name="product_once"
            )
        ]

    def __str__(self) -> str:
        return self.title


class Pair(models.Model):
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="pairs")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="pairs")
    query = models.TextField()
    query_type = models.CharField(max_length=32, blank=True)
    locale = models.CharField(max_length=16, default="en")
    split = models.CharField(max_length=8, help_text="by query hash", db_index=True)
    content_hash = models.CharField(max_length=64)
    source = models.CharField(max_length=200, blank=True, help_text="file or adapter")
    gold = models.JSONField(
        default=dict, blank=True, help_text="values that came with the file, kind -> value"
    )
    silver = models.JSONField(
        default=dict, blank=True, help_text="values derived from fields, never human"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "content_hash"], name="pair_once")
        ]

    def __str__(self) -> str:
        return f"{self.query} / {self.product_id}"


class Rollout(models.Model):
    """One sampled CoT, kept whatever it says. ``parse_error`` is "" when it is well formed."""

    pair = models.ForeignKey(Pair, on_delete=models.CASCADE, related_name="rollouts")
    text = models.TextField()
    layout = models.CharField(max_length=16, default="answer_last")
    parse_error = models.CharField(max_length=64, blank=True)
    parse_message = models.TextField(blank=True)
    policy = models.CharField(max_length=200, help_text="checkpoint name")
    prompt_version = models.CharField(max_length=16)
    sample_index = models.PositiveIntegerField(default=0)
    temperature = models.FloatField()
    seed = models.BigIntegerField()
    max_tokens = models.PositiveIntegerField()
    finish = models.CharField(max_length=16, blank=True, help_text="stop | length")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["pair", "policy", "seed", "sample_index"], name="rollout_once"
            )
        ]

    def __str__(self) -> str:
        return f"rollout {self.pk} of pair {self.pair_id}"


class Step(models.Model):
    """One section of a rollout. Malformed rollouts have only the steps that can be read."""

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="steps")
    kind = models.PositiveSmallIntegerField()
    text = models.TextField(help_text="heading included")
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    value = models.CharField(max_length=16, blank=True, help_text="claimed, kinds 3-5")
    sha256 = models.CharField(max_length=64, db_index=True, help_text="normalised prefix hash")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rollout", "kind"], name="step_once")]
        ordering = ["start"]

    def __str__(self) -> str:
        return f"step {self.kind} of rollout {self.rollout_id}"


class QueueItem(models.Model):
    """A rollout waiting for ``overlap`` distinct annotators to judge ``kinds``."""

    class Reason(models.TextChoices):
        NEW = "new"
        MALFORMED = "malformed"
        DISAGREEMENT = "disagreement"
        AUDIT = "audit"

    class State(models.TextChoices):
        OPEN = "open"  # wants labels
        LABELLED = "labelled"  # has overlap submissions, waits for resolution
        SPLIT = "split"  # needs adjudication by a lead
        RESOLVED = "resolved"
        DROPPED = "dropped"  # unrateable or withdrawn

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="items")
    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="items")
    reason = models.CharField(max_length=16, choices=Reason.choices, default=Reason.NEW)
    state = models.CharField(max_length=16, choices=State.choices, default=State.OPEN)
    priority = models.IntegerField(default=0, help_text="higher first")
    overlap = models.PositiveSmallIntegerField()
    kinds = ArrayField(models.PositiveSmallIntegerField(), help_text="step kinds to judge")
    note = models.TextField(blank=True)
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
            models.Index(fields=["state", "project"], name="queue_state"),
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
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="assignments"
    )
    slot = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=16, choices=State.choices, default=State.CLAIMED)
    claimed_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True, help_text="why skipped or unrateable")
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


class Submission(models.Model):
    """One press of "submit"; the id is the receipt. ``client_key`` makes a repeat harmless."""

    assignment = models.ForeignKey(
        Assignment, on_delete=models.PROTECT, related_name="submissions"
    )
    client_key = models.CharField(max_length=64, unique=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"receipt {self.pk}"


class StepLabel(models.Model):
    """A person's judgment of one step. Unmarked steps have no row: unmarked is not a value."""

    class Verdict(models.TextChoices):
        CORRECT = "correct"
        INCORRECT = "incorrect"
        UNSURE = "unsure"

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="labels")
    annotator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="step_labels"
    )
    item = models.ForeignKey(QueueItem, on_delete=models.PROTECT, related_name="labels")
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
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["submission", "kind"], name="label_once")
        ]
        indexes = [models.Index(fields=["item", "kind"], name="labels_of_item")]

    def __str__(self) -> str:
        return f"{self.verdict} on step {self.kind}"


class Resolution(models.Model):
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
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    cause = models.CharField(max_length=32, blank=True, help_text="why the labels were split")
    guideline_version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["item", "kind", "-id"], name="resolution_newest")]

    def __str__(self) -> str:
        return f"{self.source} on step {self.kind} of item {self.item_id}"


class ImportJob(models.Model):
    """One import, whichever door it came through; the row is what the progress bar shows."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="import_jobs")
    path = models.TextField()
    filename = models.CharField(max_length=255)
    adapter = models.CharField(max_length=16, default="native")
    skip_bad = models.BooleanField(default=False)
    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    rows_read = models.PositiveIntegerField(default=0)
    rows_total = models.PositiveIntegerField(null=True, blank=True)
    pairs_created = models.PositiveIntegerField(default=0)
    pairs_existing = models.PositiveIntegerField(default=0)
    errors = models.JSONField(
        default=list, blank=True, help_text="[{line, message}], first 100"
    )
    error_count = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"import {self.pk} of {self.filename} ({self.state})"
