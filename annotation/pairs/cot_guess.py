"""What the paths of a file of chains of thought are likely to be, as the first choice of a
form. Pure: a person sees every guess before anything is read by it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from annotation.cot.steps import HEADINGS
from annotation.pairs.column_guess import LEFT_OUT, plain_name, words_of
from annotation.pairs.preview import FileColumn
from annotation.pairs.readers.cot_mapping import CLAIMS, PROMPT, STEPS, TEXT

_KEY = ("query", "product_id", "title", "locale", "query_type")
_TEXTS = (
    "cot", "chain of thought", "reasoning", "rationale", "text", "content", "output", "value",
    "completion", "response", "answer", "last", "0",
)  # fmt: skip
# Where tools keep what went in and what came out.
_INPUTS = ("inputs", "input", "fields", "attributes.input.value", "metadata")
_OUTPUTS = ("outputs", "output", "suggestions", "responses", "attributes.output")
_TOP = ""  # a table's own columns; those of a trace are about the trace
# A path that only this tool writes, or what its paths begin with.
_TOOLS = {
    "LangSmith": ("run_type", "dotted_order", "session_name"),
    "Phoenix": ("span_kind", "attributes."),
    "Langfuse": ("traceId", "trace_id", "projectId"),
    "Argilla": ("fields.", "suggestions."),
}
_PROMPTS = ("content", "value", "text", "prompt", "input", "last")
_NUMBER = re.compile(r"\.\d+(?=\.|$)")
_LONG = 60  # characters: an example that is longer is more than a name


def tool_of(columns: Sequence[FileColumn]) -> str:
    """The tool whose export it looks like, "" for a table."""
    names = [column.name for column in columns]
    for tool, marks in _TOOLS.items():
        if any(
            name == mark or (mark[-1] == "." and name.startswith(mark))
            for name in names
            for mark in marks
        ):
            return tool
    return ""


def parts_guess(columns: Sequence[FileColumn]) -> list[str]:
    """For each path one of the fields, or "" (left out)."""
    meanings = [LEFT_OUT] * len(columns)
    top = () if tool_of(columns) else (_TOP,)
    inputs, outputs = (*_INPUTS, *top), (*_OUTPUTS, *top)
    for field in STEPS:
        _choose(meanings, columns, field, (plain_name(field),), outputs)
    for field in _KEY:
        _choose(meanings, columns, field, (*words_of(field), plain_name(field)), inputs)
    if not set(STEPS) & set(meanings):
        _text(meanings, columns, outputs)
    for field in CLAIMS if set(STEPS) & set(meanings) else ():
        _choose(meanings, columns, field, words_of(field), outputs)
    if "query" not in meanings:
        _choose(meanings, _long_ones(columns), PROMPT, _PROMPTS, inputs)
    return meanings


def _choose(
    meanings: list[str],
    columns: Sequence[FileColumn],
    field: str,
    words: Sequence[str],
    roots: Sequence[str],
) -> None:
    """The first free path whose last part is such a word, the likeliest root first."""
    for root in roots:
        for word in words:
            for at, column in enumerate(columns):
                before, _, last = column.name.rpartition(".")
                under = before == root or (root and before.startswith(f"{root}."))
                if under and not meanings[at] and plain_name(last) == word:
                    meanings[at] = field
                    return


def _text(meanings: list[str], columns: Sequence[FileColumn], roots: Sequence[str]) -> None:
    ours = tuple(HEADINGS.values())
    for at, column in enumerate(columns):
        if any(example.startswith(ours) for example in column.examples):
            meanings[at] = TEXT
            return
    _choose(meanings, _long_ones(columns), TEXT, _TEXTS, roots)


def _long_ones(columns: Sequence[FileColumn]) -> list[FileColumn]:
    """The same places; a path of short values, or of a message before the last, has no name
    that is looked for."""
    names = {column.name for column in columns}
    return [
        column
        if any(len(e) > _LONG and e[0] not in "[{" for e in column.examples)
        and _NUMBER.sub(".last", column.name) not in names - {column.name}
        else FileColumn("")
        for column in columns
    ]
