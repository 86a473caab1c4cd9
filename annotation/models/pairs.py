"""What is judged: projects, products, pairs, and the policy's rollouts in steps."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from annotation.cot.rules import DEFAULT_RULES
from annotation.cot.steps import Layout
from annotation.models.made import Dated


class Project(Dated):
    class Consensus(models.TextChoices):
        MAJORITY = "majority", "majority"
        DAWID_SKENE = "dawid_skene", "Dawid-Skene"

    class Order(models.TextChoices):
        OLDEST = "oldest", "oldest first"
        UNCERTAINTY = "uncertainty", "where the reward model is least sure"
        FLIP_RISK = (
            "flip_risk",
            "least sure, times the signs that the other verdict would turn",
        )
        CLAIM_ENTROPY = (
            "claim_entropy",
            "where the policy's rollouts claim different tiers",
        )
        EXPECTED_CHANGE = (
            "expected_change",
            "where answers are expected to move advantages most a second",
        )

    class Autopilot(models.TextChoices):
        OFF = "off", "a person starts each stage"
        TO_RELEASE = "to_release", "up to the release"
        WHOLE = "whole", "round after round"

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
    first_error_only = models.BooleanField(
        default=False, help_text="steps after the first incorrect one stay unmarked"
    )
    guideline = models.TextField(blank=True, help_text="Markdown")
    guideline_version = models.PositiveIntegerField(default=1)
    gold_percent = models.PositiveSmallIntegerField(
        default=0, help_text="share of claims that are gold, 0-50"
    )
    gold_onboarding = models.PositiveSmallIntegerField(
        default=0, help_text="gold items before a new person's first real one"
    )
    gold_tries = models.PositiveSmallIntegerField(
        default=2, help_text="attempts at a gold item before its answers are shown"
    )
    pause_below = models.PositiveSmallIntegerField(
        default=0, help_text="percent of gold steps right; under it a person is paused, 0 = off"
    )
    pause_window = models.PositiveSmallIntegerField(
        default=10, help_text="gold items that the pause rule looks back on"
    )
    review_percent = models.PositiveSmallIntegerField(
        default=0, help_text="share of resolved items that a lead looks at again"
    )
    consensus = models.CharField(
        max_length=16, default=Consensus.MAJORITY, choices=Consensus.choices,
    )  # fmt: skip
    pool = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", verbose_name="annotators",
        help_text="who labels here; nobody named = everybody who may label.",
    )  # fmt: skip
    order = models.CharField(
        max_length=16, default=Order.EXPECTED_CHANGE, choices=Order.choices,
        help_text="of items that nobody waits for; disagreements and audits come first",
    )  # fmt: skip
    explore_percent = models.PositiveSmallIntegerField(
        default=15, help_text="share of new items that chance places, 0-100"
    )
    reuse = models.BooleanField(
        default=True, help_text="steps that are decided already are not asked again"
    )
    reuse_audit_percent = models.PositiveSmallIntegerField(
        default=5, help_text="share of decided steps that are asked all the same, 0-100"
    )
    autopilot = models.CharField(
        max_length=16, default=Autopilot.OFF, choices=Autopilot.choices,
        help_text="how far a round goes on by itself",
    )  # fmt: skip
    own_splits = models.BooleanField(
        default=False,
        editable=False,
        help_text="some queries are in another split than that of their hash",
    )

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

    @property
    def cot_layout(self) -> Layout:
        return "answer_first" if self.layout == "answer_first" else "answer_last"


class Product(models.Model):
    """A product snapshot; the same content is stored once a project."""

    # Its index is that of product_once.
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="products", db_index=False
    )
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
            ),
            # What a pair's foreign key refers to. An index that began with the project would be
            # taken for a look-up by project and hash in a project that statistics do not know.
            models.UniqueConstraint(fields=["id", "project"], name="product_of_project"),
        ]

    def __str__(self) -> str:
        return self.title


class Pair(Dated):
    """One foreign key, ``pair_of_project`` of migration 0022, says that its product is there
    and is the project's own: Django's two would let a pair name another project's."""

    # Its index is that of pair_once.
    project = models.ForeignKey(
        Project,
        on_delete=models.CASCADE,
        related_name="pairs",
        db_constraint=False,
        db_index=False,
    )
    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, related_name="pairs", db_constraint=False
    )
    query = models.TextField()
    query_type = models.CharField(max_length=32, blank=True)
    locale = models.CharField(max_length=16, default="en")
    split = models.CharField(max_length=8, help_text="by query hash")
    content_hash = models.CharField(max_length=64)
    source = models.CharField(max_length=200, blank=True, help_text="file or adapter")
    gold = models.JSONField(
        default=dict, blank=True, help_text="values that came with the file, kind -> value"
    )
    silver = models.JSONField(
        default=dict, blank=True, help_text="values derived from fields, never human"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "content_hash"], name="pair_once")
        ]

    def __str__(self) -> str:
        return f"{self.query} / {self.product_id}"


class Rollout(Dated):
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
    sha256 = models.CharField(
        max_length=64,
        db_index=True,
        help_text="steps 1-2 by their own words, 3-5 with all before them",
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rollout", "kind"], name="step_once")]
        ordering = ["start"]

    def __str__(self) -> str:
        return f"step {self.kind} of rollout {self.rollout_id}"
