"""What a chat server says to a request, of each kind that is met in the wild."""

from __future__ import annotations

import json
from typing import Any

STRUCTURED = {
    "query_analysis": "want: cable",
    "item_analysis": 'title: "HDMI cable"',
    "category_evidence": "the title names it\ncategory: match",
    "category": "match",
    "attribute_evidence": "nothing else is asked",
    "attribute": "not_requested",
    "final_evidence": "match and not requested",
    "tier": "4",
}
PLAIN = """<think>a cable, I suppose</think>
```
## 1 query analysis
want: cable
## 2 item analysis
title: "HDMI cable"
## 3 category match
category: match
## 4 attribute match
attribute: not_requested
## 5 final judgment
tier: 4
```"""


def chat(content: str | None, *, finish: str = "stop", usage: bool = True) -> str:
    """A chat completion as servers write it."""
    body: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": content},
                "finish_reason": finish,
            }
        ],
    }
    if usage:
        body["usage"] = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    return json.dumps(body)


def structured(**changed: Any) -> str:
    return chat(json.dumps(STRUCTURED | changed))


def shape_of(body: dict[str, Any]) -> str:
    """How a request asks for structured output; "" for not at all."""
    names = ("response_format", "structured_outputs", "guided_json")
    return next((name for name in names if name in body), "")
