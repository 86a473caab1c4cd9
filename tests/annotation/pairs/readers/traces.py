"""Small traces as four tools export them: one query, one product, one chain of thought."""

from __future__ import annotations

import json
from typing import Any

from tests.factories import cot

TEXT = cot()
PROMPT = "Judge this.\nQuery: red shoes\nProduct id: p7\nTitle: Blue trail shoes\n"
_MESSAGES = [{"role": "system", "content": "Be exact."}, {"role": "user", "content": PROMPT}]

# A run of LangSmith's SDK or bulk export: inputs and outputs are what the traced call had.
LANGSMITH: dict[str, Any] = {
    "id": "8f0c", "trace_id": "8f0c", "name": "judge", "run_type": "llm", "parent_run_id": None,
    "inputs": {"query": "red shoes", "product": {"sku": "p7", "title": "Blue trail shoes"}},
    "outputs": {"generations": [[{"text": TEXT, "type": "ChatGeneration"}]]},
}  # fmt: skip
# An observation of Langfuse: the input is the chat, the output the answer's message.
LANGFUSE: dict[str, Any] = {
    "id": "obs-1", "traceId": "tr-1", "type": "GENERATION", "name": "judge", "input": _MESSAGES,
    "output": {"role": "assistant", "content": TEXT}, "metadata": {"sku": "p7"},
}  # fmt: skip
# A span of Phoenix in the names of OpenInference; the input is JSON in a text.
PHOENIX: dict[str, Any] = {
    "name": "judge", "context": {"trace_id": "t", "span_id": "s"}, "span_kind": "LLM",
    "attributes": {
        "input.value": json.dumps({"query": "red shoes", "product_id": "p7"}),
        "input.mime_type": "application/json",
        "output.value": TEXT,
        "llm.output_messages": [{"message.role": "assistant", "message.content": TEXT}],
    },
}  # fmt: skip
# A record of Argilla: fields, what a model suggested, and what people answered.
ARGILLA: dict[str, Any] = {
    "id": "rec-1", "status": "completed", "metadata": {"product_id": "p7"},
    "fields": {"query": "red shoes", "title": "Blue trail shoes"},
    "suggestions": {"cot": {"value": TEXT, "score": 0.9, "agent": "m"}},
    "responses": {"ok": [{"value": "yes", "user_id": "u"}]},
}  # fmt: skip

TRACES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "langsmith": (
        LANGSMITH,
        {
            "query": "inputs.query",
            "product_id": "inputs.product.sku",
            "text": "outputs.generations.0.0.text",
        },
    ),
    "langfuse": (
        LANGFUSE,
        {
            "prompt": "input.last.content",
            "after": {"query": "Query:", "product_id": "Product id:"},
            "text": "output.content",
        },
    ),
    "phoenix": (
        PHOENIX,
        {
            "query": "attributes.input.value.query",
            "product_id": "attributes.input.value.product_id",
            "text": "attributes.output.value",
        },
    ),
    "argilla": (
        ARGILLA,
        {
            "query": "fields.query",
            "product_id": "metadata.product_id",
            "text": "suggestions.cot.value",
        },
    ),
}
