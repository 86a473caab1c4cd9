"""What a person has claimed, with everything that is needed to judge it: one shape, read by one
statement, which the page and the API render."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from annotation.cot.attributes import asked_attributes
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

# One JSON value instead of columns: it always looks rows up by their keys, whatever statement
# it is part of.
_SHOWN = """(
SELECT json_build_object(
    'id', i.id, 'reason', i.reason, 'state', i.state, 'overlap', i.overlap, 'kinds', i.kinds,
    'project', json_build_object(
        'id', o.id, 'slug', o.slug, 'name', o.name, 'rules', o.rules,
        'guideline_version', o.guideline_version, 'first_error_only', o.first_error_only),
    'rollout', json_build_object(
        'id', r.id, 'parse_error', r.parse_error, 'parse_message', r.parse_message,
        'text', CASE r.parse_error WHEN '' THEN '' ELSE r.text END,
        'pair', json_build_object(
            'query', p.query, 'query_type', p.query_type, 'locale', p.locale,
            'product', json_build_object(
                'title', d.title, 'category_path', d.category_path,
                'attributes', d.attributes, 'description', d.description,
                'image_url', d.image_url)),
        'steps', coalesce((
            SELECT json_agg(json_build_object('kind', s.kind, 'text', s.text, 'value', s.value)
                            ORDER BY s.start)
            FROM annotation_step s WHERE s.rollout_id = r.id), '[]')))::text
FROM annotation_queueitem i
JOIN annotation_project o ON o.id = i.project_id
JOIN annotation_rollout r ON r.id = i.rollout_id
JOIN annotation_pair p ON p.id = r.pair_id
JOIN annotation_product d ON d.id = p.product_id
WHERE i.id = {item})"""


def shown_sql(item: str) -> str:
    """What is shown of an item, as :func:`claim_read` takes it; ``item`` is SQL for its id."""
    return _SHOWN.format(item=item)


_CLAIM = f"""
SELECT a.id, a.state, a.expires_at, a.draft::json, a.draft_version, a.active_ms,
    {shown_sql("a.item_id")}
FROM annotation_assignment a WHERE a.id = %s AND a.annotator_id = %s
"""


def claim_shown(claim_id: int, annotator_id: int) -> ShownClaim | None:
    """None when it is not this person's."""
    row = fetch(_CLAIM, [claim_id, annotator_id])
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
