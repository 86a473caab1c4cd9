"""The native record: one rollout with what people decided about each step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from annotation.attributes import marks_of
from annotation.exporters.formats import ExportFilter, Record
from annotation.selectors.exports import rollout_rows
from annotation.steps import StepKind

_COLUMNS = (
    "query", "query_type", "locale", "split", "product_id", "product_sha256", "title",
    "category_path",
)  # fmt: skip
_ROLLOUT = ("policy", "prompt_version", "layout", "parse_error", "text")


def native_records(chosen: ExportFilter) -> Iterator[Record]:
    """Every rollout with at least one decided step (docs/exporting.md)."""
    for row in rollout_rows(chosen):
        yield native_record(row, chosen.project.slug)


def native_record(row: Record, project: str) -> Record:
    """``steps`` in the order of the text; ``human`` is None on a step that nobody decided."""
    # Oldest first, so the newest decision of a kind is the one that stays.
    decided = {found["kind"]: found for found in row["decided"]}
    final = decided.get(int(StepKind.FINAL))
    return {
        "rollout_id": row["rollout_id"],
        "pair_id": row["pair_id"],
        "project": project,
        **{name: row[name] for name in _COLUMNS},
        "attributes": [
            {"name": name, "value": str(value)} for name, value in row["attributes"]
        ],
        "description": row["description"],
        **{name: row[name] for name in _ROLLOUT},
        "steps": [
            _step(step, decided.get(step["kind"]), row["marked"]) for step in row["step_rows"]
        ],
        "tier": final["value"] if final else "",
    }


def _step(step: Record, decided: Record | None, marked: Sequence[Record]) -> Record:
    """``human`` of step 4 has ``attributes`` where people marked them one by one."""
    if decided is None:
        return {**step, "human": None}
    human = {name: value for name, value in decided.items() if name != "kind"}
    if step["kind"] == StepKind.ATTRIBUTE and marked:
        human["attributes"] = _counted(marked)
    return {**step, "human": human}


def _counted(marked: Sequence[Record]) -> list[Record]:
    """Each asked attribute with how many people said what about it, in the order of the first
    mark."""
    counts: dict[str, Counter[str]] = {}
    for label in marked:
        for mark in marks_of(label["attributes"]):
            counts.setdefault(mark.name, Counter())[mark.state] += 1
    return [{"name": name, **count} for name, count in counts.items()]
