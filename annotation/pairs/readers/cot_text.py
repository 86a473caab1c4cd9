"""The five parts of a chain of thought in a text of somebody else's form. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from annotation.cot.steps import CLAIM_KEYS, VALUES, StepKind

# What people and models write around a heading: #, **, numbers, tags and brackets.
_BEFORE, _AFTER = r"[\s#>*_\d.)(\[<【-]*", r"[\s*_>)\]】]*"


def parts_by_heading(text: str, headings: Sequence[str]) -> dict[StepKind, str] | None:
    """What stands under each of the five ``headings``, or behind its colon; None unless each is
    there exactly once. Case, blanks, marks and numbers around a heading make no difference."""
    kinds = dict(zip(StepKind, map(_heading, headings), strict=True))
    closing = [_closing(heading) for heading in headings]
    parts: dict[StepKind, list[str]] = {}
    current: list[str] = []  # what stands before the first heading is nobody's
    for line in text.splitlines():
        opened = _opened(line, kinds)
        claim = line.strip() if _is_claim(line) else ""
        if opened is None or (claim and opened[0] in parts):
            current += [] if any(tag.fullmatch(line) for tag in closing) else [line]
            continue
        kind, rest = opened
        if kind in parts:
            return None
        parts[kind] = current = [claim or rest] if rest else []
    if len(parts) < len(kinds):
        return None
    return {kind: "\n".join(lines).strip() for kind, lines in parts.items()}


def claimed(
    parts: Mapping[StepKind, str], claims: Mapping[StepKind, str]
) -> dict[StepKind, str]:
    """The parts with the claims that were written apart from them as their last lines."""
    made = dict(parts)
    for kind, value in claims.items():
        line = f"{CLAIM_KEYS[kind]}: {value}"
        body = made.get(kind, "").rstrip()
        if value and body.rpartition("\n")[2].strip().lower() != line.lower():
            made[kind] = f"{body}\n{line}".lstrip()
    return made


def text_after(text: str, marker: str) -> str:
    """The rest of the first line that has ``marker``, "" where none has it."""
    at = text.casefold().find(marker.casefold())
    return text[at + len(marker) :].split("\n", 1)[0].strip() if at >= 0 else ""


def _opened(
    line: str, kinds: Mapping[StepKind, re.Pattern[str]]
) -> tuple[StepKind, str] | None:
    for kind, pattern in kinds.items():
        if match := pattern.fullmatch(line):
            return kind, (match["within"] or match["rest"] or "").strip()
    return None


def _is_claim(line: str) -> bool:
    """Such as ``category: match``, which may have the word of a heading."""
    key, _, value = (part.strip().lower() for part in line.partition(":"))
    return any(key == CLAIM_KEYS[kind] and value in VALUES[kind] for kind in CLAIM_KEYS)


def _words(heading: str) -> str:
    return r"[\s_]+".join(map(re.escape, re.split(r"[\s_]+", heading.strip().strip(":："))))


def _heading(heading: str) -> re.Pattern[str]:
    words = _words(heading)
    tag = rf"\s*<{words}>(?P<within>.*)</{words}>\s*"
    plain = rf"{_BEFORE}{words}{_AFTER}(?:[:：]\**(?P<rest>.*))?"
    return re.compile(rf"{tag}|{plain}", re.IGNORECASE)


def _closing(heading: str) -> re.Pattern[str]:
    return re.compile(rf"\s*</{_words(heading)}>\s*", re.IGNORECASE)
