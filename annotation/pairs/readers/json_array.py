"""A JSON array element by element, so that a long one needs no long memory. Pure.

Why not ijson: docs/decisions/0020-json-arrays.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from json import JSONDecodeError
from typing import IO, Any

from annotation.pairs.readers.json_text import EXACT, key_count

_BLOCK = 1 << 16
_BLANKS = re.compile(r"[ \t\r\n]*")


def array_elements(stream: IO[str], longest: int) -> Iterator[Any]:
    """The elements of the array that ``stream`` holds.

    Raises:
        ValueError: not an array, damaged, an element longer than ``longest`` characters or
            nested too deeply, or a key in it twice.
    """
    reader = _Reader(stream, longest)
    if reader.take() != "[":
        raise ValueError("it does not begin with '['")
    if reader.peek() == "]":
        reader.take()
    else:
        while True:
            yield reader.element()
            mark = reader.take()
            if mark == "]":
                break
            if mark != ",":
                raise ValueError(f"expected ',' or ']', found '{mark or 'the end'}'")
    if rest := reader.peek():
        raise ValueError(f"'{rest}' after the end of the array")


class _Reader:
    """A window on the text; decoded elements leave it."""

    def __init__(self, stream: IO[str], longest: int) -> None:
        self._stream, self._longest = stream, longest
        self._window, self._at = "", 0
        self._decode = EXACT.raw_decode

    def peek(self) -> str:
        """The next character that is no space, "" at the end."""
        while True:
            if blanks := _BLANKS.match(self._window, self._at):
                self._at = blanks.end()
            if self._at < len(self._window):
                return self._window[self._at]
            if not self._more():
                return ""

    def take(self) -> str:
        mark = self.peek()
        self._at += 1
        return mark

    def element(self) -> Any:
        self.peek()
        size = _BLOCK
        while True:
            # Trying again only after the window has doubled keeps a long element linear.
            while len(self._window) - self._at < size and self._more():
                pass
            try:
                value, end = self._decode(self._window, self._at)
            except JSONDecodeError as error:
                if len(self._window) - self._at < size:
                    raise ValueError(error.msg) from error
            else:
                # A number at the edge of the window may go on behind it.
                if end < len(self._window) or not self._more():
                    self._at = end
                    key_count(value)
                    return value
            size *= 2
            if size > 2 * self._longest:
                raise ValueError(f"an element longer than {self._longest} characters")

    def _more(self) -> bool:
        block = self._stream.read(_BLOCK)
        self._window, self._at = self._window[self._at :] + block, 0
        return bool(block)
