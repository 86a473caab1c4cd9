"""The guideline beside the steps: where it speaks of a step it can be jumped to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

from annotation.cot.steps import HEADINGS, StepKind

# "js-default" shows HTML in a guideline as text, so its author cannot run scripts.
_MARKDOWN = MarkdownIt("js-default", {"html": False})
_NUMBERED = re.compile(
    r"^(?:step\s+|步骤\s*|第)?([1-5一二三四五])(?:\s*步|[.:)、：]|\s|$)", re.I
)
_DIGITS = dict(zip("一二三四五", "12345", strict=True))
_NAMES = {kind: heading[5:] for kind, heading in HEADINGS.items()}  # "query analysis"


def guide_html(text: str) -> SafeString:
    """Markdown as HTML; the first heading (else list item) of a step has the id
    ``guide-step-1`` to ``guide-step-5``.

    A heading belongs to a step when it starts with its number ("3. ...", "Step 3") or its
    English name; a list item only by the name, because lists are numbered for other reasons.
    """
    tokens = _MARKDOWN.parse(text)
    taken: set[StepKind] = set()
    for opener in ("heading_open", "list_item_open"):
        for token, words in _openings(tokens, opener):
            kind = _step_of(words, numbered=opener == "heading_open")
            if kind is not None and kind not in taken:
                taken.add(kind)
                token.attrSet("id", f"guide-step-{int(kind)}")
    # The renderer escapes HTML, so the result is safe by construction.
    html: str = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return mark_safe(html)


def _openings(tokens: Sequence[Token], opener: str) -> Iterator[tuple[Token, str]]:
    """Every opening of the kind with the plain words of its first line."""
    for at, token in enumerate(tokens):
        if token.type != opener:
            continue
        inline = next((t for t in tokens[at + 1 : at + 3] if t.type == "inline"), None)
        children = inline.children or [] if inline else []
        yield token, "".join(child.content for child in children).strip()


def _step_of(words: str, *, numbered: bool) -> StepKind | None:
    if numbered and (match := _NUMBERED.match(words)):
        return StepKind(int(_DIGITS.get(match[1], match[1])))
    plain = " ".join(words.lower().split())
    return next((kind for kind, name in _NAMES.items() if plain.startswith(name)), None)
