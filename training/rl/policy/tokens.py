"""Texts to token ids, the one way of every path: sampling, training, evaluation, serving, RM.

A prompt starts as the tokenizer starts a text (with a BOS where it adds one), what follows is
encoded with nothing added, and a special token that stands in a text is split into ordinary
tokens: a product title must not end the prompt or speak as another role.
"""

from __future__ import annotations

from typing import Any

from training.job.prompts import Style

_CONTENT = "stepwise-content-stands-here"


def encode(tokenizer: Any, text: str) -> list[int]:
    """Token ids of a text that goes on from another one: nothing is added."""
    ids: list[int] = tokenizer(text, add_special_tokens=False, split_special_tokens=True)[
        "input_ids"
    ]
    return ids


def prompt_ids(tokenizer: Any, text: str, style: Style = "bare") -> list[int]:
    """Token ids of a text that a model goes on from; style chat puts it into the tokenizer's
    own chat template as what the user says."""
    if style == "chat":
        return _chat_ids(tokenizer, text)
    ids: list[int] = list(tokenizer(text, split_special_tokens=True)["input_ids"])
    # a tokenizer may also close its texts: a completion could not go on from there
    while ids and ids[-1] in (tokenizer.eos_token_id, tokenizer.sep_token_id):
        ids.pop()
    return ids


def _chat_ids(tokenizer: Any, text: str) -> list[int]:
    """What a chat server makes of the message, except for special tokens inside of it."""
    if not any(token in text for token in special_tokens(tokenizer)):
        return _parsed(tokenizer, _rendered(tokenizer, text))
    before, _, after = _rendered(tokenizer, _CONTENT).partition(_CONTENT)
    return [
        *_parsed(tokenizer, before),
        *encode(tokenizer, text.strip()),  # templates strip what is said
        *_parsed(tokenizer, after),
    ]


def special_tokens(tokenizer: Any) -> list[str]:
    """The texts that the tokenizer would read as control tokens."""
    added = tokenizer.added_tokens_decoder.values()
    return [*tokenizer.all_special_tokens, *(str(t) for t in added if t.special)]


def _rendered(tokenizer: Any, content: str) -> str:
    message = {"role": "user", "content": content}
    text: str = tokenizer.apply_chat_template(
        [message], tokenize=False, add_generation_prompt=True
    )
    return text


def _parsed(tokenizer: Any, text: str) -> list[int]:
    """Ids of a template's text, whose special tokens are meant."""
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids
