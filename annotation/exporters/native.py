"""The native record: one rollout with what people decided about each step."""

from __future__ import annotations

from collections.abc import Iterator

from annotation.exporters.formats import ExportFilter, Record
from annotation.models import Resolution, Rollout, Step
from annotation.selectors.exports import newest_resolutions, rollout_rows
from annotation.steps import StepKind


def native_records(chosen: ExportFilter) -> Iterator[Record]:
    """Every rollout with at least one decided step (docs/exporting.md)."""
    for rollout in rollout_rows(chosen):
        yield native_record(rollout, chosen.project.slug)


def native_record(rollout: Rollout, project: str) -> Record:
    """``steps`` in the order of the text; ``human`` is None on a step that nobody decided."""
    pair, decided = rollout.pair, newest_resolutions(rollout)
    product = pair.product
    final = decided.get(StepKind.FINAL)
    return {
        "rollout_id": rollout.pk,
        "pair_id": pair.pk,
        "project": project,
        "query": pair.query,
        "query_type": pair.query_type,
        "locale": pair.locale,
        "split": pair.split,
        "product_id": product.external_id,
        "product_sha256": product.content_hash,
        "title": product.title,
        "category_path": product.category_path,
        "attributes": [
            {"name": name, "value": str(value)} for name, value in product.attributes
        ],
        "description": product.description,
        "policy": rollout.policy,
        "prompt_version": rollout.prompt_version,
        "layout": rollout.layout,
        "parse_error": rollout.parse_error,
        "text": rollout.text,
        "steps": [_step(step, decided.get(step.kind)) for step in rollout.steps.all()],
        "tier": final.value if final else "",
    }


def _step(step: Step, decided: Resolution | None) -> Record:
    human = decided and {
        "verdict": decided.verdict,
        "value": decided.value,
        "source": decided.source,
        "n": decided.n,
        "agreement": decided.agreement,
        "guideline_version": decided.guideline_version,
    }
    return {
        "step_id": step.pk,
        "kind": step.kind,
        "text": step.text,
        "claimed": step.value,
        "sha256": step.sha256,
        "human": human or None,
    }
