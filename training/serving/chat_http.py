"""One question and its answer over ``POST /v1/chat/completions``; the server applies the
model's own chat template."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from training.job.prompts import disarmed
from training.serving.policy_http import completions_url, post_until_read

Message = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """``text`` is "" where the server said nothing; tokens are 0 where it counts none."""

    text: str
    finish: str
    prompt_tokens: int
    completion_tokens: int


class ChatServer:
    """``attempts`` with doubling pauses, or those that a busy server names: about a minute."""

    def __init__(
        self,
        http: httpx.Client,
        url: str,
        model: str,
        *,
        attempts: int = 8,
        pause: float = 0.5,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http, self._url, self._model = http, completions_url(url, chat=True), model
        self._attempts, self._pause, self._sleep = attempts, pause, sleep

    def ask(
        self, messages: Sequence[Message], settings: Mapping[str, Any], shape: Mapping[str, Any]
    ) -> ChatAnswer:
        """``settings`` are those of the sampling, ``shape`` what asks for structured output.

        Raises:
            Refused: a 4xx that asking again cannot help.
            PolicyError: the server may not be asked, or did not answer.
        """
        spoken = [{**each, "content": disarmed(each["content"])} for each in messages]
        body = {"model": self._model, "messages": spoken, **settings, **shape}
        return post_until_read(
            self._http,
            self._url,
            body,
            _answer,
            attempts=self._attempts,
            pause=self._pause,
            sleep=self._sleep,
        )


def _answer(response: httpx.Response) -> ChatAnswer | None:
    try:
        body = response.json()
        choice = body["choices"][0]
        text = choice["message"].get("content")
        usage = body.get("usage") or {}
        counts = [int(usage.get(f"{side}_tokens") or 0) for side in ("prompt", "completion")]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return None
    if not isinstance(text, str | None):
        return None
    return ChatAnswer(text or "", str(choice.get("finish_reason") or ""), *counts)
