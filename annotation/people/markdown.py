"""Markdown that people wrote, as HTML that is safe to show."""

from __future__ import annotations

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

# "js-default" shows HTML in a text as text, so its author cannot run scripts; links with
# a script in them are refused.
_MARKDOWN = MarkdownIt("js-default", {"html": False})


def markdown_html(text: str) -> SafeString:
    rendered: str = _MARKDOWN.render(text)
    return mark_safe(rendered)
