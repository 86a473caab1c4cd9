"""Label Studio tasks (its JSON export, or ours): pairs with what was said about them.

``data`` has our own columns. A value that all annotations of a task agree on becomes gold, the
prediction's value silver: it is a model's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from annotation.pairs.readers.columns import Columns
from annotation.pairs.readers.fields import clean
from annotation.pairs.readers.files import records, rows_made
from annotation.pairs.readers.label_studio_controls import (
    Answers,
    NotUnderstood,
    answers_of,
    cancelled,
    listed,
)
from annotation.pairs.readers.rows import (
    COLUMNS,
    VALUE_COLUMNS,
    Row,
    RowError,
    Rows,
    row_of,
)

_NO_DATA = (
    "the task has no data; of Label Studio's export formats JSON is read, not JSON-MIN or CSV"
)

_STEPS = {f"step_{number}" for number in range(1, 6)}  # read with the people's submissions


def data_columns(*, as_attributes: bool = False) -> Columns:
    return Columns(known=COLUMNS | _STEPS, as_attributes=as_attributes)


def read_rows(path: Path, gold: bool = True, columns: Columns | None = None) -> Rows:
    """Every task as a pair or an error; without ``gold`` what people said is left out.
    ``columns`` tells afterwards which of ``data`` nobody read.

    Raises:
        ImportFileError: see :func:`annotation.pairs.readers.files.records`.
    """
    return rows_made(records(path), lambda line, task: pair_of(line, task, columns, gold=gold))


def pair_of(
    line: int, task: Mapping[str, Any], columns: Columns | None = None, *, gold: bool
) -> Row:
    data = task.get("data")
    if not isinstance(data, Mapping):
        return RowError(line, _NO_DATA)
    try:
        people = [answers for _, answers in annotations_of(task)] if gold else []
        models = [
            answers_of(prediction, f"prediction {number}")
            for number, prediction in enumerate(listed(task.get("predictions"), "predictions"))
        ]
        record = {
            **data,
            **_values(data, people, "", "the annotations"),
            **_values(data, models, "silver_", "the predictions"),
            "attributes": _attributes(data.get("attributes")),
        }
    except NotUnderstood as error:
        return RowError(line, str(error))
    if columns is None:
        return row_of(line, record)
    columns.note(data)
    return row_of(line, record, columns.extra(data))


def annotations_of(task: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], Answers]]:
    """The annotations that say something, each with its answers.

    Raises:
        NotUnderstood: they say what we cannot read.
    """
    if "completions" in task and "annotations" not in task:
        raise NotUnderstood("completions are of a Label Studio before 1.0; export with a newer")
    answered = [
        (one, answers_of(one, f"annotation {number}"))
        for number, one in enumerate(listed(task.get("annotations"), "annotations"), 1)
        if not cancelled(one)
    ]
    return [(one, answers) for one, answers in answered if answers.choices]


def _values(
    data: Mapping[str, Any], given: Sequence[Answers], prefix: str, who: str
) -> dict[str, str]:
    """Column -> the value that everybody who chose one chose, else the one in ``data``."""
    values = {}
    for column, kind in VALUE_COLUMNS.items():
        chosen = {a.choices[f"value_{kind:d}"] for a in given if f"value_{kind:d}" in a.choices}
        written = clean(data.get(prefix + column)).lower()
        agreed = chosen.pop() if len(chosen) == 1 else ""
        if written and agreed and written != agreed:
            raise NotUnderstood(
                f"data has {prefix}{column} '{written[:40]}', but {who} have '{agreed}'"
            )
        values[prefix + column] = written or agreed
    return values


def _attributes(value: Any) -> Any:
    """Text of ``name: value`` lines as pairs; everything else is read as in our own files."""
    if not isinstance(value, str) or value.lstrip()[:1] in ("{", "["):
        return value
    pairs = []
    for line in filter(None, map(str.strip, value.splitlines())):
        name, colon, text = line.partition(":")
        if not colon or not name.strip():
            raise NotUnderstood(f"attributes: the line '{line[:60]}' is not name: value")
        pairs.append((name, text))
    return pairs
