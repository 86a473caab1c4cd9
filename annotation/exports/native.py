"""The native record: one rollout with what people decided about each step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import pyarrow as pa

from annotation.cot.attributes import STATES, marks_of
from annotation.cot.steps import STRUCTURED_KINDS, StepKind
from annotation.exports.formats import ExportFilter, Record
from annotation.exports.rows import rollout_rows
from annotation.models import StepLabel

_TEXT = pa.string()
_HUMAN = [
    ("verdict", _TEXT), ("value", _TEXT), ("source", _TEXT), ("n", pa.int32()),
    ("agreement", pa.float64()), ("guideline_version", pa.int32()),
    ("attributes", pa.list_(pa.struct([
        ("name", _TEXT), *((state, pa.int32()) for state in STATES),
    ]))),
]  # fmt: skip
_STEP = [
    ("step_id", pa.int64()), ("kind", pa.int8()), ("text", _TEXT), ("claimed", _TEXT),
    ("sha256", _TEXT), ("human", pa.struct(_HUMAN)),
]  # fmt: skip


def native_schema(*of_step: tuple[str, pa.DataType]) -> pa.Schema:
    """The native record; ``of_step`` are further fields of each step."""
    return pa.schema([
        ("rollout_id", pa.int64()), ("pair_id", pa.int64()), ("project", _TEXT),
        ("query", _TEXT), ("query_type", _TEXT), ("locale", _TEXT), ("split", _TEXT),
        ("product_id", _TEXT), ("product_sha256", _TEXT), ("title", _TEXT),
        ("category_path", _TEXT),
        ("attributes", pa.list_(pa.struct([("name", _TEXT), ("value", _TEXT)]))),
        ("description", _TEXT), ("image_url", _TEXT), ("policy", _TEXT),
        ("prompt_version", _TEXT), ("layout", _TEXT), ("parse_error", _TEXT), ("text", _TEXT),
        ("steps", pa.list_(pa.struct([*_STEP, *of_step]))), ("tier", _TEXT),
        ("covered", pa.bool_()),
    ])  # fmt: skip


SCHEMA = native_schema()
_COLUMNS = (
    "query", "query_type", "locale", "split", "product_id", "product_sha256", "title",
    "category_path",
)  # fmt: skip
_ROLLOUT = ("policy", "prompt_version", "layout", "parse_error", "text")


def native_records(chosen: ExportFilter) -> Iterator[Record]:
    """Every rollout with at least one decided step, and those that are covered
    (docs/exporting.md)."""
    for row in rollout_rows(chosen):
        yield native_record(row, chosen.project.slug)


def native_record(row: Record, project: str) -> Record:
    """``steps`` in the order of the text; ``human`` is None on a step that nobody decided.
    ``covered``: all that people said was said elsewhere, so they were not asked here."""
    # What counts most is last, so that it stays.
    claims = {step["kind"]: step["claimed"] for step in row["step_rows"]}
    decided = {each["kind"]: _here(each, claims) for each in row["decided"]}
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
        "image_url": row["image_url"],
        **{name: row[name] for name in _ROLLOUT},
        "steps": [
            _step(step, decided.get(step["kind"]), row["marked"]) for step in row["step_rows"]
        ],
        "tier": final["value"] if final else "",
        "covered": not any(each["own"] for each in row["decided"]),
    }


def _here(decided: Record, claims: Record) -> Record:
    """The decision as one of this rollout: a value of the pair judges what is claimed here."""
    here, kind = dict(decided), decided["kind"]
    if not here.pop("own") and kind in STRUCTURED_KINDS:
        claimed = claims.get(kind, "")
        here["verdict"] = _verdict(decided["value"] == claimed) if claimed else ""
    return here


def _verdict(right: bool) -> str:
    return str(StepLabel.Verdict.CORRECT if right else StepLabel.Verdict.INCORRECT)


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
