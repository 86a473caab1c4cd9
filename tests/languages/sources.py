"""The texts that are marked for translation, read from the sources without gettext's tools."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
APPS = ("annotation", "config", "training", "verifier")
# Function -> how many of its first arguments are (context, singular, plural).
CALLS = {
    "_": (0, 1), "gettext": (0, 1), "gettext_lazy": (0, 1), "gettext_noop": (0, 1),
    "ngettext": (0, 2), "ngettext_lazy": (0, 2), "pgettext": (1, 1), "pgettext_lazy": (1, 1),
    "npgettext": (1, 2),
}  # fmt: skip
_CALL = re.compile(rf"\b({'|'.join(CALLS)})\(")

Message = tuple[str | None, str]  # context, singular


def messages() -> dict[Message, str]:
    """Every marked text with the first file that has it."""
    first_file: dict[Message, str] = {}
    for path in sorted((ROOT / "templates").rglob("*.html")):
        for message in template_messages(path.read_text()):
            first_file.setdefault(message, str(path.relative_to(ROOT)))
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            for message in python_messages(path.read_text()):
                first_file.setdefault(message, str(path.relative_to(ROOT)))
    return first_file


def python_messages(source: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield from _message(node.func.id, node.args)


def template_messages(source: str) -> Iterator[Message]:
    """Django turns a template into calls of gettext between blanked-out text."""
    calls: str = templatize(source)
    for mark in _CALL.finditer(calls):
        for end in (m.end() for m in re.finditer(r"\)", calls[mark.start() :])):
            try:
                call = ast.parse(calls[mark.start() : mark.start() + end], mode="eval").body
            except SyntaxError:  # a bracket within the text
                continue
            assert isinstance(call, ast.Call)
            yield from _message(mark[1], call.args)
            break


def _message(name: str, arguments: list[ast.expr]) -> Iterator[Message]:
    if name not in CALLS:
        return
    contexts, _ = CALLS[name]
    texts = [one.value for one in arguments if isinstance(one, ast.Constant)]
    if len(texts) > contexts and all(isinstance(text, str) for text in texts[: contexts + 1]):
        yield (str(texts[0]) if contexts else None), str(texts[contexts])
