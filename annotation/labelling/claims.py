"""What a person has claimed, with everything that is needed to judge it: one shape, read by one
statement, which the page and the API render."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from annotation.cot.attributes import asked_attributes
from annotation.cot.sql import Sql, statement
from annotation.cot.steps import StepKind
from annotation.models.joined import fetch


class ShownStep(msgspec.Struct, frozen=True):
    kind: int
    text: str
    value: str


class ShownProduct(msgspec.Struct, frozen=True):
    title: str
    category_path: str
    attributes: list[Any]
    description: str
    image_url: str


class ShownPair(msgspec.Struct, frozen=True):
    query: str
    query_type: str
    locale: str
    product: ShownProduct


class ShownRollout(msgspec.Struct, frozen=True):
    """``text`` is only there where it could not be parsed; the steps have it otherwise."""

    id: int
    parse_error: str
    parse_message: str
    text: str
    pair: ShownPair
    steps: list[ShownStep]


class ShownProject(msgspec.Struct, frozen=True):
    id: int
    slug: str
    name: str
    rules: str
    guideline_version: int
    first_error_only: bool


class ShownItem(msgspec.Struct, frozen=True):
    id: int
    reason: str
    state: str
    overlap: int
    kinds: list[int]
    project: ShownProject
    rollout: ShownRollout


class ShownClaim(msgspec.Struct, frozen=True):
    pk: int
    state: str
    expires_at: datetime
    draft: dict[str, Any]
    draft_version: int
    active_ms: int
    item: ShownItem

    @property
    def asked_attributes(self) -> list[str]:
        """The rows of step 4's table."""
        texts = {step.kind: step.text for step in self.item.rollout.steps}
        return asked_attributes(
            texts.get(StepKind.QUERY, ""), texts.get(StepKind.ATTRIBUTE, "")
        )


_item_of = msgspec.json.Decoder(ShownItem).decode


def shown_sql(item: str) -> Sql:
    """What is shown of an item, as :func:`claim_read` takes it; ``item`` is SQL for its id."""
    return Sql(statement(__file__, "item_shown", item=Sql(item)))


_CLAIM = statement(__file__, "claim_shown", shown=shown_sql("a.item_id"))


def claim_shown(claim_id: int, annotator_id: int) -> ShownClaim | None:
    """None when it is not this person's."""
    row = fetch(_CLAIM, {"claim": claim_id, "annotator": annotator_id})
    return None if row is None else claim_read(*row)


def claim_read(
    claim_id: int,
    state: str,
    expires: datetime,
    draft: dict[str, Any],
    draft_version: int,
    active_ms: int,
    shown: str,
) -> ShownClaim:
    return ShownClaim(
        claim_id, state, expires, draft, draft_version, active_ms, _item_of(shown)
    )


def claim_record(claim: ShownClaim) -> dict[str, Any]:
    """In the shape of the API."""
    item, rollout = claim.item, claim.item.rollout
    pair, product = rollout.pair, rollout.pair.product
    return {
        "id": claim.pk,
        "item": item.id,
        "project": item.project.slug,
        "guideline_version": item.project.guideline_version,
        "state": claim.state,
        "expires_at": claim.expires_at.isoformat().replace("+00:00", "Z"),
        "kinds": item.kinds,
        "pair": {
            "query": pair.query,
            "query_type": pair.query_type,
            "locale": pair.locale,
            "title": product.title,
            "category_path": product.category_path,
            "attributes": product.attributes,
            "description": product.description,
            "image_url": product.image_url,
        },
        "steps": [
            {"kind": step.kind, "text": step.text, "claimed": step.value}
            for step in rollout.steps
        ],
        "asked_attributes": claim.asked_attributes,
        "draft": claim.draft,
        "draft_version": claim.draft_version,
    }
