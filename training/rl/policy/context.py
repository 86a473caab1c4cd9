"""How many tokens a model reads, and what is too long for it: refused or left out and counted,
never cut without a word."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from training.job.types import BadInput

T = TypeVar("T")

_UNLIMITED = 2**31
_LEFT_OUT = 0.2  # share of the examples that may be too long; above it others would be learned


def context_of(config: Any) -> int:
    """Tokens that a model with this configuration can look at."""
    text = config.get_text_config(decoder=True)
    named = ("max_position_embeddings", "max_seq_len")
    return next((int(n) for name in named if (n := getattr(text, name, None))), _UNLIMITED)


def room_check(
    config: Any, rows: Sequence[Sequence[int]], max_tokens: int, setting: str = "max_tokens"
) -> None:
    """Raises BadInput where a prompt and ``max_tokens`` more do not fit into the context."""
    context = context_of(config)
    lengths = [len(row) for row in rows]
    over = sum(length + max_tokens > context for length in lengths)
    if not over:
        return
    longest, room = max(lengths), context - max(lengths)
    remedy = f"lower {setting} to {room}" if room > 0 else "shorten the products' texts"
    raise BadInput(
        f"{over} of {len(rows)} prompts do not fit: the longest has {longest} tokens and "
        f"{setting} {max_tokens} makes {longest + max_tokens}, but the model reads {context}. "
        f"{remedy[0].upper()}{remedy[1:]}, or use a model that reads more"
    )


def fitting(
    config: Any,
    max_tokens: int,
    groups: Mapping[str, Sequence[T]],
    length: Callable[[T], int],
) -> tuple[list[T], dict[str, int]]:
    """The examples of ``groups`` that are not longer than fit.max_tokens and the context; of
    how many of each group they are, with ``left_out_too_long`` where some are.

    Raises:
        BadInput: too many are longer.
    """
    context = context_of(config)
    limit = min(max_tokens, context)
    kept = {
        name: [each for each in group if length(each) <= limit]
        for name, group in groups.items()
    }
    lengths = [length(each) for group in groups.values() for each in group]
    rows = [each for group in kept.values() for each in group]
    over = len(lengths) - len(rows)
    if over > _LEFT_OUT * len(lengths):
        longest = max(lengths)
        remedy = (
            f"raise fit.max_tokens to {min(longest, context)}"
            if limit < context
            else "shorten them, or use a model that reads more"
        )
        raise BadInput(
            f"{over} of {len(lengths)} examples are longer than {limit} tokens (up to "
            f"{longest}): {remedy}"
        )
    if over:
        print(f"left out {over} of {len(lengths)} examples: over {limit} tokens", flush=True)
    counts = {name: len(group) for name, group in kept.items()}
    return rows, {**counts, **({"left_out_too_long": over} if over else {})}
