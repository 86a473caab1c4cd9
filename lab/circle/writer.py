"""A CoT that a rule writes, for data on which no policy can write one yet. Pure.

It says what word overlap says (the silver values) and takes the tier from the rules table, so
it is often wrong. People verify it like any rollout, and what they confirm is the cold start's
training data.
"""

from __future__ import annotations

from collections.abc import Mapping

from annotation.cot.rules import Rules
from annotation.cot.steps import StepKind, render

POLICY = "word-overlap"  # the writer's name where a policy's stands
_TITLE_WORDS = 6


def rule_cot(
    query: str, title: str, query_type: str, silver: Mapping[str, str], rules: Rules
) -> str | None:
    """The five steps (layout answer_last), or None where a silver value is missing."""
    category, attribute = silver.get("3", ""), silver.get("4", "")
    tier = rules.tier_for(category, attribute)
    if tier is None:
        return None
    return render(
        {
            StepKind.QUERY: f"type: {query_type or 'general'}\nwant: {_line(query)}",
            StepKind.ITEM: f"product: {_line(title)}",
            StepKind.CATEGORY: f"category: {category}",
            StepKind.ATTRIBUTE: f"attribute: {attribute}",
            StepKind.FINAL: f"category {category} attribute {attribute}\ntier: {tier}",
        }
    )


def _line(text: str) -> str:
    return " ".join(text.lower().split()[:_TITLE_WORDS])
