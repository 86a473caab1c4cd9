"""The shape of a structured answer, and an answer of any shape as the text of a CoT."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from annotation.cot.steps import (
    CLAIM_KEYS,
    VALUES,
    Layout,
    StepKind,
    layout_order,
    normalised,
    render,
)

FIELDS: dict[StepKind, str] = {
    StepKind.QUERY: "query_analysis",
    StepKind.ITEM: "item_analysis",
    StepKind.CATEGORY: "category_evidence",
    StepKind.ATTRIBUTE: "attribute_evidence",
    StepKind.FINAL: "final_evidence",
}
_THOUGHT = re.compile(r"\A.*?</think>", re.DOTALL)
_FENCE = re.compile(r"\A```[a-z]*\n(.*?)\n?```\Z", re.DOTALL)


def schema(layout: Layout) -> dict[str, Any]:
    """A JSON schema with the fields in the order in which they are to be written."""
    properties: dict[str, Any] = {}
    for kind in layout_order(layout):
        properties[FIELDS[kind]] = {"type": "string"}
        if kind in CLAIM_KEYS:
            properties[CLAIM_KEYS[kind]] = {"type": "string", "enum": list(VALUES[kind])}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def formats(layout: Layout) -> tuple[Mapping[str, Any], ...]:
    """What a request adds to ask for that shape: OpenAI's way, that of vLLM, that of older
    vLLM, and nothing for a server that refuses them all."""
    shape = schema(layout)
    named = {"name": "cot", "strict": True, "schema": shape}
    return (
        {"response_format": {"type": "json_schema", "json_schema": named}},
        {"structured_outputs": {"json": shape}},
        {"guided_json": shape},
        {},
    )


def cot_of(answer: str, layout: Layout) -> str:
    """The five steps of a JSON answer; of any other its words, without what it thought before
    and without a fence around them. The parser decides what they are worth."""
    text = _THOUGHT.sub("", normalised(answer)).strip()
    if fenced := _FENCE.match(text):
        text = fenced[1].strip()
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(fields, dict):
        return text
    return render({kind: _body(kind, fields) for kind in StepKind}, layout)


def _body(kind: StepKind, fields: Mapping[str, Any]) -> str:
    evidence = normalised(_text(fields.get(FIELDS[kind])))
    if kind not in CLAIM_KEYS:
        return evidence
    claim = f"{CLAIM_KEYS[kind]}: {_text(fields.get(CLAIM_KEYS[kind])).strip()}"
    # some repeat the claim at the end of its reasons
    lines = [line for line in evidence.split("\n") if line.strip().lower() != claim.lower()]
    return "\n".join([*lines, claim])


def _text(value: object) -> str:
    if isinstance(value, list):
        return "\n".join(_text(part) for part in value)
    return value if isinstance(value, str) else "" if value is None else str(value)
