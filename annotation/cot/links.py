"""Links that came with data. Pure."""

from __future__ import annotations

import re

# A list of what is good: what a browser may run (javascript:, data:, vbscript: and whatever
# comes next) is never complete.
_WEB = re.compile(r"(?:https?:)?//[^/\\\s]", re.IGNORECASE)
# The pictures of the sample's products are files of our own.
_OWN = re.compile(r"/static/sample/[a-z]+\.svg(?:#[a-z]+)?")


def web_link(text: str) -> str:
    """The link if it leads to the web (http, https, or //host as shops write it) or to one of
    the sample's pictures, else ""."""
    return text if _WEB.match(text) or _OWN.fullmatch(text) else ""
