"""Which step a token belongs to: character spans of the CoT to the tokens as sampled.

Works on the sampled ids and not on a second tokenisation of the text, because a policy may
sample a spelling the tokenizer would not choose.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from annotation.cot.steps import Layout, headings, layout_order

_HALF = "\ufffd"  # what the bytes of a character decode to until all of them are there
_LONGEST = 4  # bytes of a character


class Decoder(Protocol):
    def decode(self, token_ids: list[int], *, skip_special_tokens: bool = ...) -> str: ...


class Aligner:
    """Token kinds of completions; remembers the text of every token id it has seen."""

    def __init__(self, tokenizer: Decoder, layout: Layout = "answer_last") -> None:
        self._tokenizer = tokenizer
        self._first = int(layout_order(layout)[0])
        self._pieces: dict[int, str] = {}
        added = getattr(tokenizer, "added_tokens_decoder", {})
        self._special = {number for number, token in added.items() if token.special}

    def kinds(self, ids: Sequence[int], text: str) -> list[int]:
        """The step kind (1..5) of each token of one completion.

        A heading belongs to its step; whitespace, tags and EOS follow the step they close;
        text before the first heading belongs to the first step, which it should have been.
        A malformed section keeps its tokens, so that its reward of 0 has somewhere to go.
        """
        ends = self.token_ends(ids, text)
        marks = [(start, int(kind)) for kind, start in headings(text)]
        kinds, current, mark = [], self._first, 0
        for end in ends:
            while mark < len(marks) and marks[mark][0] < end:
                current = marks[mark][1]
                mark += 1
            kinds.append(current)
        return kinds

    def token_ends(self, ids: Sequence[int], text: str) -> list[int]:
        """Offset in ``text`` at which each token ends; a special token has no width."""
        pieces = [self._piece(token) for token in ids]
        if "".join(pieces) == text:
            ends, end = [], 0
            for piece in pieces:
                end += len(piece)
                ends.append(end)
            return ends
        return self._streamed(ids, text)

    def _streamed(self, ids: Sequence[int], text: str) -> list[int]:
        """For pieces that do not add up (split UTF-8, word-initial spaces): each token is
        decoded behind the few before it, as servers stream, so that the work grows with the
        number of tokens and not with its square."""
        ends: list[int] = []
        before: list[int] = []
        pending: list[int] = []
        end = known = 0
        for token in ids:
            if token not in self._special:
                pending.append(token)
                whole = self._decode(before + pending)
                if not whole.endswith(_HALF) or len(pending) == _LONGEST:
                    end += max(len(whole) - known, 0)
                    before, pending = pending, []
                    known = len(self._decode(before))
            ends.append(min(end, len(text)))
        if pending:  # the text ends inside of a character
            ends[-1] = len(text)
        return ends

    def _piece(self, token: int) -> str:
        if token not in self._pieces:
            self._pieces[token] = self._decode([token])
        return self._pieces[token]

    def _decode(self, ids: list[int]) -> str:
        return self._tokenizer.decode(ids, skip_special_tokens=True)
