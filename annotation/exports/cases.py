"""The labelled cases in a record of an export, for the lint. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Record = Mapping[str, Any]

_BUCKET = 100  # characters


@dataclass(frozen=True, slots=True)
class Case:
    """``stratum`` (the step kind) may rightly tell labels apart; no feature may."""

    label: str
    stratum: str = ""
    characters: int = 0
    features: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Defect:
    message: str


def kind_of(record: Record) -> str:
    """prm, preference, rows (labels or resolutions), or "" when nothing is labelled."""
    if {"completions", "labels"} <= set(record):
        return "prm"
    if {"chosen", "rejected"} <= set(record):
        return "preference"
    return "rows" if "verdict" in record else ""


def cases_of(kind: str, record: Record) -> Iterator[Case | Defect]:
    if kind == "prm":
        yield from _prm(record)
    elif kind == "preference":
        yield from _preference(record)
    elif kind == "rows":
        yield _row(record)


def _prm(record: Record) -> Iterator[Case | Defect]:
    texts, labels = record.get("completions"), record.get("labels")
    if not isinstance(texts, list) or not isinstance(labels, list):
        yield Defect("completions and labels must be lists")
        return
    if len(texts) != len(labels) or not texts:
        yield Defect("completions and labels differ in length, or are empty")
        return
    if not str(record.get("prompt", "")).strip():
        yield Defect("the prompt is empty")
    for place, (text, label) in enumerate(zip(texts, labels, strict=True)):
        if type(label) is not bool or not isinstance(text, str):
            yield Defect("a step is no text or a label no boolean")
        elif not text.strip():
            yield Defect("a step is empty")
        else:
            yield _text_case(str(label).lower(), str(place), text, record)


def _preference(record: Record) -> Iterator[Case | Defect]:
    sides = [(side, record.get(side)) for side in ("chosen", "rejected")]
    if not all(isinstance(text, str) and text.strip() for _, text in sides):
        yield Defect("chosen or rejected is empty")
    elif record["chosen"] == record["rejected"]:
        yield Defect("chosen and rejected are the same")
    else:
        for side, text in sides:
            source = record.get(f"{side}_policy", "")
            yield _text_case(side, "", str(text), {"policy": source})


def _row(record: Record) -> Case | Defect:
    verdict, policy = record.get("verdict"), str(record.get("policy") or "")
    if not verdict:
        return Defect("no verdict: the step was missing from the text")
    features = {"policy": policy, "claimed": str(record.get("claimed") or "")}
    for name in ("annotator", "source", "query_type"):
        if name in record:
            features[name] = str(record[name] or "")
    return Case(str(verdict), str(record.get("kind", "")), 0, features)


def _text_case(label: str, stratum: str, text: str, record: Record) -> Case:
    return Case(
        label,
        stratum,
        len(text),
        {
            "policy": str(record.get("policy", "")),
            "length": str(len(text) // _BUCKET),
            "lines": str(text.count("\n")),
            "first word": text.split(maxsplit=1)[0][:20],
            "ends with newline": str(text.endswith("\n")),
        },
    )
