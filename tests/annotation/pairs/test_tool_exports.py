"""The forms in which tools export one and the same call: as their documents describe them, in
the names and nestings of their SDKs, tables, object stores and API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.annotation.pairs.readers.traces import PROMPT, TEXT
from tests.annotation.pairs.test_cot_guess import guessed

CHAT = [{"role": "system", "content": "Be exact."}, {"role": "user", "content": PROMPT}]
ANSWER = {"role": "assistant", "content": TEXT}
KEYS = {"query": "red shoes", "product_id": "p7"}


def message(kind: str, content: str) -> dict[str, Any]:
    """A message as LangChain serialises it."""
    path = ["langchain", "schema", "messages", kind]
    return {"lc": 1, "type": "constructor", "id": path, "kwargs": {"content": content}}


def langfuse(given: Any, made: Any) -> dict[str, Any]:
    return {"id": "o1", "trace_id": "t1", "type": "GENERATION", "input": given, "output": made}


def langsmith(given: Any, made: Any) -> dict[str, Any]:
    about = {"id": "r", "trace_id": "r", "dotted_order": "1", "run_type": "llm", "name": "j"}
    return about | {"inputs": given, "outputs": made}


def phoenix(given: Any, made: Any) -> dict[str, Any]:
    about = {"name": "judge", "span_kind": "LLM", "context.span_id": "s", "parent_id": None}
    return about | {"attributes.input.value": given, "attributes.output.value": made}


GENERATED = {"generations": [[{"text": TEXT, "message": message("AIMessage", TEXT)}]]}
CHOICES = {"choices": [{"index": 0, "message": ANSWER}], "usage": {"total_tokens": 3}}
LANGCHAIN = {"messages": [[message("SystemMessage", "Be"), message("HumanMessage", PROMPT)]]}
NESTED = {
    "input": {"value": json.dumps(KEYS), "mime_type": "application/json"},
    "output": {"value": TEXT},
    "llm": {"output_messages": [{"message": ANSWER}]},
}
RECORD = {
    "id": "rec", "fields": KEYS,
    "suggestions": [{"question_name": "cot", "value": TEXT, "agent": "m"}],
    "responses": [{"values": {"ok": {"value": "yes"}}}],
}  # fmt: skip

FORMS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "langfuse, object store: what went in and came out is JSON in a text": (
        langfuse(json.dumps(CHAT), json.dumps(ANSWER)),
        {"prompt": "input.last.content", "text": "output.content"},
    ),
    "langfuse, the chat's own request": (
        langfuse({"messages": CHAT, "model": "m"}, ANSWER),
        {"prompt": "input.messages.last.content", "text": "output.content"},
    ),
    "langfuse, a decorated function": (
        langfuse({"args": [], "kwargs": KEYS}, TEXT),
        {
            "query": "input.kwargs.query",
            "product_id": "input.kwargs.product_id",
            "text": "output",
        },
    ),
    "langsmith, LangChain's messages": (
        langsmith(LANGCHAIN, GENERATED),
        {
            "prompt": "inputs.messages.0.1.kwargs.content",
            "text": "outputs.generations.0.0.text",
        },
    ),
    "langsmith, the wrapped client of a chat server": (
        langsmith({"messages": CHAT, "model": "m"}, CHOICES),
        {
            "prompt": "inputs.messages.last.content",
            "text": "outputs.choices.0.message.content",
        },
    ),
    "langsmith, bulk export: Parquet with JSON in a text": (
        langsmith(json.dumps(KEYS), json.dumps({"output": TEXT})),
        {"query": "inputs.query", "product_id": "inputs.product_id", "text": "outputs.output"},
    ),
    "phoenix, the data frame of spans": (
        phoenix(json.dumps({"messages": CHAT}), TEXT),
        {
            "prompt": "attributes.input.value.messages.last.content",
            "text": "attributes.output.value",
        },
    ),
    "phoenix, the whole answer of the server": (
        phoenix(json.dumps({"messages": CHAT}), json.dumps(CHOICES)),
        {"text": "attributes.output.value.choices.0.message.content"},
    ),
    "phoenix, attributes within each other": (
        {"name": "judge", "span_kind": "LLM", "attributes": NESTED},
        {
            "query": "attributes.input.value.query",
            "product_id": "attributes.input.value.product_id",
            "text": "attributes.output.value",
        },
    ),
    "argilla, suggestions as a list": (
        RECORD,
        {
            "query": "fields.query",
            "product_id": "fields.product_id",
            "text": "suggestions.0.value",
        },
    ),
    "argilla, as a dataset": (
        {
            "id": "rec",
            "status": "completed",
            **KEYS,
            "cot.suggestion": TEXT,
            "ok.responses": [],
        },
        {"query": "query", "product_id": "product_id", "text": "cot.suggestion"},
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_what_went_in_and_what_came_out_is_known_in_every_form(
    form: str, tmp_path: Path
) -> None:
    record, parts = FORMS[form]
    _, guess = guessed(tmp_path, record)
    assert parts.items() <= guess.items()
    assert guess.keys() & {"query", "prompt"}
