"""What a person holds, with everything that is needed to judge it, in one query."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from annotation.attributes import asked_attributes
from annotation.models import Assignment, Pair, Product, Project, QueueItem, Rollout, Step
from annotation.selectors.joined import Joined, fetch

_CLAIM = Joined(a=Assignment, i=QueueItem, r=Rollout, p=Pair, d=Product, o=Project)
_PROJECT = Joined(o=Project)
_STEP_FIELDS = [str(field.attname) for field in Step._meta.concrete_fields]


def project_by_slug(slug: str) -> Project | None:
    row = fetch(
        f"SELECT {_PROJECT.columns} FROM annotation_project o WHERE o.slug = %s", [slug]
    )
    return None if row is None else _PROJECT.read(row)["o"]


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


_RECORD = """
SELECT a.id, a.item_id, o.slug, o.guideline_version, a.state, a.expires_at, i.kinds,
    p.query, p.query_type, p.locale, d.title, d.category_path, d.attributes::json,
    d.description, d.image_url,
    (SELECT json_agg(json_build_array(s.kind, s.text, s.value) ORDER BY s.start)
     FROM annotation_step s WHERE s.rollout_id = i.rollout_id),
    a.draft::json, a.draft_version
FROM annotation_assignment a
JOIN annotation_queueitem i ON i.id = a.item_id
JOIN annotation_project o ON o.id = i.project_id
JOIN annotation_rollout r ON r.id = i.rollout_id
JOIN annotation_pair p ON p.id = r.pair_id
JOIN annotation_product d ON d.id = p.product_id
WHERE a.id = %s AND a.annotator_id = %s
"""
_PAIR = (
    "query", "query_type", "locale", "title", "category_path", "attributes", "description",
    "image_url",
)  # fmt: skip


def claim_record(claim_id: int, annotator_id: int) -> dict[str, Any] | None:
    """The same as plain data, in the shape of the API; None when it is not this person's."""
    row = fetch(_RECORD, [claim_id, annotator_id])
    if row is None:
        return None
    claim, item, slug, version, state, expires, kinds, *pair, steps, draft, draft_version = row
    text_of = {kind: text for kind, text, _ in steps or []}
    return {
        "id": claim,
        "item": item,
        "project": slug,
        "guideline_version": version,
        "state": state,
        "expires_at": expires.isoformat().replace("+00:00", "Z"),
        "kinds": kinds,
        "pair": dict(zip(_PAIR, pair, strict=True)),
        "steps": [
            {"kind": kind, "text": text, "claimed": value} for kind, text, value in steps or []
        ],
        "asked_attributes": asked_attributes(text_of.get(1, ""), text_of.get(4, "")),
        "draft": draft,
        "draft_version": draft_version,
    }


def _linked(found: dict[str, Any], steps: list[dict[str, Any]]) -> Assignment:
    claim: Assignment = found["a"]
    claim.item, claim.item.rollout, claim.item.project = found["i"], found["r"], found["o"]
    rollout: Rollout = found["r"]
    rollout.pair, rollout.pair.project, rollout.pair.product = (
        found["p"],
        found["o"],
        found["d"],
    )
    known = Step.objects.filter(rollout=rollout)
    known._result_cache = [_step(step, rollout) for step in steps]
    vars(rollout)["_prefetched_objects_cache"] = {"steps": known}
    return claim


def _step(columns: dict[str, Any], rollout: Rollout) -> Step:
    step = Step.from_db("default", _STEP_FIELDS, [columns[name] for name in _STEP_FIELDS])
    step.rollout = rollout
    return step
