"""What a person holds, with everything that is needed to judge it, in one query."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User

from annotation.cot.attributes import asked_attributes
from annotation.models import Assignment, Pair, Product, Project, QueueItem, Rollout, Step
from annotation.models.joined import Joined, fetch

_CLAIM = Joined(a=Assignment, i=QueueItem, r=Rollout, p=Pair, d=Product, o=Project)
_STEP_FIELDS = [str(field.attname) for field in Step._meta.concrete_fields]


def claim_whole(claim_id: int, annotator: User | None = None) -> Assignment | None:
    """With its item, rollout, steps, pair, product and project; with ``annotator`` only when it
    is theirs."""
    row = fetch(
        f"""SELECT {_CLAIM.columns}, (
            SELECT json_agg(row_to_json(s) ORDER BY s.start)
            FROM annotation_step s WHERE s.rollout_id = r.id)
        FROM annotation_assignment a
        JOIN annotation_queueitem i ON i.id = a.item_id
        JOIN annotation_project o ON o.id = i.project_id
        JOIN annotation_rollout r ON r.id = i.rollout_id
        JOIN annotation_pair p ON p.id = r.pair_id
        JOIN annotation_product d ON d.id = p.product_id
        WHERE a.id = %s""",
        [claim_id],
    )
    if row is None:
        return None
    claim = _linked(_CLAIM.read(row), row[-1] or [])
    return claim if annotator is None or claim.annotator_id == annotator.pk else None


def shown_json(item: str) -> str:
    """SQL for what a person gets to see of an item; ``item`` is SQL for its id. One JSON value
    instead of columns: it always looks rows up by their keys, whatever it is part of."""
    return _SHOWN.format(item=item)


_SHOWN = """(
SELECT json_build_object(
    'item', i.id, 'project', o.slug, 'guideline_version', o.guideline_version,
    'kinds', i.kinds,
    'pair', json_build_object(
        'query', p.query, 'query_type', p.query_type, 'locale', p.locale, 'title', d.title,
        'category_path', d.category_path, 'attributes', d.attributes,
        'description', d.description, 'image_url', d.image_url),
    'steps', (
        SELECT json_agg(json_build_object('kind', s.kind, 'text', s.text, 'claimed', s.value)
                        ORDER BY s.start)
        FROM annotation_step s WHERE s.rollout_id = i.rollout_id))
FROM annotation_queueitem i
JOIN annotation_project o ON o.id = i.project_id
JOIN annotation_rollout r ON r.id = i.rollout_id
JOIN annotation_pair p ON p.id = r.pair_id
JOIN annotation_product d ON d.id = p.product_id
WHERE i.id = {item})"""
_RECORD = f"""
SELECT a.state, a.expires_at, a.draft::json, a.draft_version, {shown_json("a.item_id")}
FROM annotation_assignment a WHERE a.id = %s AND a.annotator_id = %s
"""


def claim_record(claim_id: int, annotator_id: int) -> dict[str, Any] | None:
    """The same as plain data, in the shape of the API; None when it is not this person's."""
    row = fetch(_RECORD, [claim_id, annotator_id])
    return None if row is None else record_of(claim_id, *row)


def record_of(
    claim_id: int,
    state: str,
    expires: datetime,
    draft: dict[str, Any],
    draft_version: int,
    shown: dict[str, Any],
) -> dict[str, Any]:
    """A claim in the shape of the API."""
    shown["steps"] = steps = shown["steps"] or []
    text_of = {step["kind"]: step["text"] for step in steps}
    return {
        "id": claim_id,
        "state": state,
        "expires_at": expires.isoformat().replace("+00:00", "Z"),
        **shown,
        "asked_attributes": asked_attributes(text_of.get(1, ""), text_of.get(4, "")),
        "draft": draft,
        "draft_version": draft_version,
    }


def _linked(models: dict[str, Any], steps: list[dict[str, Any]]) -> Assignment:
    claim: Assignment = models["a"]
    claim.item, claim.item.rollout, claim.item.project = models["i"], models["r"], models["o"]
    rollout: Rollout = models["r"]
    rollout.pair, rollout.pair.project, rollout.pair.product = (
        models["p"],
        models["o"],
        models["d"],
    )
    known = Step.objects.filter(rollout=rollout)
    known._result_cache = [_step(step, rollout) for step in steps]
    vars(rollout)["_prefetched_objects_cache"] = {"steps": known}
    return claim


def _step(columns: dict[str, Any], rollout: Rollout) -> Step:
    step = Step.from_db("default", _STEP_FIELDS, [columns[name] for name in _STEP_FIELDS])
    step.rollout = rollout
    return step
