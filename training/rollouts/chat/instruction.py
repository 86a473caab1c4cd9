"""What a chat model is told: the task, the project's guideline, one pair."""

from __future__ import annotations

from annotation.cot.rules import Rules
from annotation.cot.steps import CLAIM_KEYS, HEADINGS, VALUES, Layout, StepKind, layout_order
from training.job.prompts import PairText
from training.rollouts.chat.wire import FIELDS

VERSION = "chat-1"
_GUIDELINE = 12_000  # characters of the project's guideline that are sent
_ATTRIBUTES, _LINE = 40, 400

_TASK = """You judge whether a product is relevant to a shopping query, in five steps.
Step 1 says what the query asks for. Step 2 quotes the product's own lines that matter.
Step 3 says whether the product is the kind of thing that is asked for: {category}.
Step 4 says which of the other things that are asked for the product meets: {attribute}. What \
the product does not state is not met.
Step 5 gives the tier: 4 (Excellent), 3 (Related), 2 (Mismatch) or 1 (Irrelevant).
Write short, plain sentences, one observation a line, and give the product's line that a claim \
stands on, word for word, in double quotes.
The tier follows from steps 3 and 4:
{rules}
"""
_AS_JSON = """Answer with one JSON object and nothing else. Its fields, in this order: {fields}.
"""
_AS_TEXT = """Answer in exactly five sections, each starting with its heading on a line of its \
own, with nothing before the first one:
{headings}
{claims}
"""
AGAIN = """That is not a five-step answer: {problem}. Write the whole answer again in the form \
that was asked for, short enough to be finished, and nothing else."""


def instruction(
    pair: PairText, *, guideline: str, rules: Rules, layout: Layout, structured: bool
) -> str:
    """One message of the user: some templates know no other role."""
    told = [
        _TASK.format(
            category=", ".join(VALUES[StepKind.CATEGORY]),
            attribute=", ".join(VALUES[StepKind.ATTRIBUTE]),
            rules="\n".join(
                f"category {category}, attribute {attribute}: tier {tier}"
                for (category, attribute), tier in rules.tiers.items()
            ),
        ),
        _as_json(layout) if structured else _as_text(layout),
    ]
    if guideline.strip():
        told.append(f"The guideline of the people who check you:\n\n{guideline[:_GUIDELINE]}\n")
    return "\n".join([*told, "The pair to judge:", *_lines(pair)])


def _as_json(layout: Layout) -> str:
    fields = []
    for kind in layout_order(layout):
        fields.append(f"{FIELDS[kind]} (text)")
        if kind in CLAIM_KEYS:
            fields.append(f"{CLAIM_KEYS[kind]} ({' or '.join(VALUES[kind])})")
    return _AS_JSON.format(fields=", ".join(fields))


def _as_text(layout: Layout) -> str:
    claims = (
        f"End section {kind} with one line '{key}: ...', one of {', '.join(VALUES[kind])}."
        for kind, key in CLAIM_KEYS.items()
    )
    headings = "\n".join(HEADINGS[kind] for kind in layout_order(layout))
    return _AS_TEXT.format(headings=headings, claims="\n".join(claims))


def _lines(pair: PairText) -> list[str]:
    rows = [("query", pair.query), ("title", pair.title), ("category", pair.category_path)]
    rows += list(pair.attributes.items())[:_ATTRIBUTES]
    rows.append(("description", pair.description))
    return [f"{name}: {' '.join(str(text).split())[:_LINE]}" for name, text in rows if text]
