"""Label Studio tasks (its JSON export, or ours): pairs with what was said about them.

``data`` has our own columns. A value that all annotations of a task agree on becomes gold, the
prediction's value silver: it is a model's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from annotation.importers.files import records
from annotation.importers.rows import VALUE_COLUMNS, Row, RowError, Rows, row_of


def read_rows(path: Path, gold: bool = True) -> Rows:
    """Every task as a pair or an error; without ``gold`` what people said is left out.

    Raises:
        ImportFileError: see :func:`annotation.importers.files.records`.
    """
    for line, task in records(path):
        yield task if isinstance(task, RowError) else pair_of(line, task, gold=gold)


def pair_of(line: int, task: Mapping[str, Any], *, gold: bool) -> Row:
    data = task.get("data")
    if not isinstance(data, Mapping):
        return RowError(line, "the task has no data")
    said_by = objects(task.get("annotations")) if gold else []
    people = [_values(a) for a in said_by if not cancelled(a)]
    models = [_values(p) for p in objects(task.get("predictions"))]
    said = {column: _agreed(people, int(kind)) for column, kind in VALUE_COLUMNS.items()}
    claimed = {
        f"silver_{column}": _agreed(models, int(kind)) for column, kind in VALUE_COLUMNS.items()
    }
    attributes = data.get("attributes")
    if isinstance(attributes, str) and attributes[:1] not in ("{", "["):
        attributes = [line.partition(":")[::2] for line in attributes.splitlines()]
    return row_of(line, {**data, **said, **claimed, "attributes": attributes})


def cancelled(annotation: Mapping[str, Any]) -> bool:
    return bool(annotation.get("was_cancelled"))


def _values(said: Mapping[str, Any]) -> dict[str, str]:
    """Control name -> the one choice made there."""
    found = {}
    for result in objects(said.get("result")):
        value = result.get("value")
        choices = value.get("choices") if isinstance(value, Mapping) else None
        if isinstance(choices, list) and len(choices) == 1:
            found[str(result.get("from_name"))] = str(choices[0])
    return found


def _agreed(said: Iterable[Mapping[str, str]], kind: int) -> str:
    """The value that everybody who chose one chose, else ""."""
    values = {choices[f"value_{kind}"] for choices in said if f"value_{kind}" in choices}
    return values.pop() if len(values) == 1 else ""


def objects(value: Any) -> list[Mapping[str, Any]]:
    return [v for v in value if isinstance(v, Mapping)] if isinstance(value, list) else []
