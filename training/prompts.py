"""The prompt a policy or reward model sees. Pure: shared by the Django side and by RL.

A prompt is versioned: the version string travels with every rollout and run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from annotation.steps import HEADINGS, Layout, StepKind, layout_order

PROMPT_VERSION = "1"
MAX_VALUE = 60  # characters: some catalogues list every compatible model in one value
Style = Literal["bare", "instruct"]


@dataclass(frozen=True, slots=True)
class PairText:
    """What a model may see of a pair. ``attributes`` keeps its order."""

    query: str
    title: str
    category_path: str = ""  # levels joined by " > ", root first; "" = unknown
    attributes: Mapping[str, str] = field(default_factory=dict)
    description: str = ""


_INSTRUCTION = """You judge whether a product is relevant to a shopping query.
Answer in exactly five sections, each starting with its heading on a line of its own:
{headings}
End section 3 with 'category: match', 'category: related' or 'category: mismatch'.
End section 4 with 'attribute: all', 'attribute: partial', 'attribute: none' \
or 'attribute: not_requested'.
End section 5 with 'tier: 4' (Excellent), 'tier: 3' (Related), 'tier: 2' (Mismatch) \
or 'tier: 1' (Irrelevant).

"""


def policy_prompt(
    pair: PairText,
    style: Style = "bare",
    max_attributes: int = 12,
    layout: Layout = "answer_last",
) -> str:
    """The text before the CoT; it ends with a newline so that the CoT starts a line. An
    instructed policy is told the sections in the order of ``layout``."""
    lines = [f"query: {_line(pair.query)}", f"title: {_line(pair.title)}"]
    if pair.category_path:
        lines.append(f"category: {_line(pair.category_path)}")
    shown = list(pair.attributes.items())[:max_attributes]
    lines += [f"{_line(name)}: {_line(value)[:MAX_VALUE]}" for name, value in shown]
    body = "\n".join(lines) + "\n---\n"
    if style == "bare":
        return body
    return (
        _INSTRUCTION.format(headings="\n".join(HEADINGS[k] for k in layout_order(layout)))
        + body
    )


def rm_prompt(pair: PairText, steps: Sequence[str], kind: StepKind) -> str:
    """The stepwise reward model's input: the pair, steps 1..k with headings, and the question.

    ``steps`` are the texts of the steps up to and including the judged one, headings included.
    """
    return (
        policy_prompt(pair) + "\n".join(s.strip() for s in steps) + f"\n## review step {kind}\n"
    )


def _line(text: str) -> str:
    return " ".join(str(text).split())
