"""Argilla's records as the flat table that it writes itself when it is asked to. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from annotation.pairs.readers.fields import LISTS

_BESIDE = ("suggestions", "responses")


def as_table(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """``{"fields": {"query": ...}, "responses": {"grade": [{"value": ...}]}}`` as the columns
    ``query`` and ``grade.responses``; any other record as it is."""
    fields = record.get("fields")
    if not isinstance(fields, Mapping) or not all(
        isinstance(record.get(name), Mapping) for name in _BESIDE
    ):
        return record
    metadata = record.get("metadata")
    made = {**(metadata if isinstance(metadata, Mapping) else {}), **fields}
    for name, suggestion in record["suggestions"].items():
        if isinstance(suggestion, Mapping):
            made[f"{name}.suggestion"] = suggestion.get("value")
    for name, answers in record["responses"].items():
        given = (
            [a for a in answers if isinstance(a, Mapping)] if isinstance(answers, LISTS) else []
        )
        made[f"{name}.responses"] = [answer.get("value") for answer in given]
        if given and all("status" in answer for answer in given):
            made[f"{name}.responses.status"] = [answer["status"] for answer in given]
    return made
