"""What the labelling endpoints take and give."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from annotation.cot.attributes import asked_attributes
from annotation.labelling.skip_table import skip_keys
from annotation.models import Assignment, Submission
from annotation.people.fields import INT, StoredJson, Text


class StepText(serializers.Serializer[Any]):
    """One step of the rollout; ``claimed`` is "" for steps 1 and 2."""

    kind = serializers.IntegerField()
    text = serializers.CharField()
    claimed = serializers.CharField(source="value")


class PairShown(serializers.Serializer[Any]):
    query = serializers.CharField()
    query_type = serializers.CharField()
    locale = serializers.CharField()
    title = serializers.CharField(source="product.title")
    category_path = serializers.CharField(source="product.category_path")
    attributes = serializers.ListField(
        source="product.attributes", child=serializers.ListField(child=serializers.CharField())
    )
    description = serializers.CharField(source="product.description")
    image_url = serializers.CharField(source="product.image_url")


class Claim(serializers.ModelSerializer[Assignment]):
    """What you hold. Why the item is in the queue is not told: it would sway the judgment."""

    # The schema of ``claims.claim_record``, which makes the answers.

    project = serializers.SlugField(source="item.project.slug")
    guideline_version = serializers.IntegerField(source="item.project.guideline_version")
    kinds = serializers.ListField(source="item.kinds", child=serializers.IntegerField())
    pair = PairShown(source="item.rollout.pair")
    steps = serializers.SerializerMethodField()
    asked_attributes = serializers.SerializerMethodField()
    draft = serializers.DictField()

    class Meta:
        model = Assignment
        fields = [
            "id", "item", "project", "guideline_version", "state", "expires_at", "kinds",
            "pair", "steps", "asked_attributes", "draft", "draft_version",
        ]  # fmt: skip

    @extend_schema_field(StepText(many=True))
    def get_steps(self, claim: Assignment) -> Any:
        return StepText(claim.item.rollout.steps.all(), many=True).data

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_asked_attributes(self, claim: Assignment) -> Any:
        """The rows of step 4's table: mark each in ``attributes`` of its label."""
        text_of = {step.kind: step.text for step in claim.item.rollout.steps.all()}
        return asked_attributes(text_of.get(1, ""), text_of.get(4, ""))


class Waiting(serializers.Serializer[Any]):
    """Open items from your side; ``why``: ready, paused, held, skipped, done, reserved (for
    others), outside (you are not in the pool) or empty. The last two are not among the open."""

    why = serializers.CharField()
    open_items = serializers.IntegerField()
    claimable = serializers.IntegerField()
    held_until = serializers.DateTimeField(source="leased_until", allow_null=True)
    skipped = serializers.IntegerField()
    judged = serializers.IntegerField()
    reserved = serializers.IntegerField()
    outside = serializers.IntegerField()

    def get_fields(self) -> dict[str, Any]:
        # The name that clients know.
        return super().get_fields() | {"held": serializers.IntegerField(source="leased")}


class Next(serializers.Serializer[Any]):
    claim = Claim(allow_null=True)
    queue = Waiting(allow_null=True)


class Lease(serializers.Serializer[Any]):
    expires_at = serializers.DateTimeField()


class Draft(serializers.Serializer[Any]):
    base_version = serializers.IntegerField(min_value=0, max_value=INT)
    draft = StoredJson()


class SavedDraft(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    saved_at = serializers.DateTimeField()


@extend_schema_field({"type": "array", "items": {"$ref": "#/components/schemas/Mark"}})
class Marks(serializers.JSONField):
    """Stored marks, which were sent as ``bodies.Mark``."""


class Receipt(serializers.ModelSerializer[Submission]):
    """``receipt`` is the id of the submission."""

    receipt = serializers.IntegerField(source="pk")
    claim = serializers.IntegerField(source="assignment_id")
    next = Next(
        required=False, allow_null=True,
        help_text="where you asked for it; null when there is no such project",
    )  # fmt: skip

    class Meta:
        model = Submission
        fields = ["receipt", "claim", "created_at", "next"]


class SkipField(serializers.ChoiceField):
    """Reads the table of skip reasons whenever a form is made of it."""

    def __init__(self, **more: Any) -> None:
        super().__init__(choices=skip_keys(), **more)


@extend_schema_serializer(component_name="Skip")
class SkipSent(serializers.Serializer[Any]):
    how = SkipField()
    reason = Text(default="")
