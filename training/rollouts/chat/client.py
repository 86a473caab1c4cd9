"""The chat model as rollouts are sampled: asked, read, and asked once more."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from annotation.cot.rules import Rules
from annotation.cot.steps import CotParseError, Layout, parse
from training.job.prompts import PairText
from training.rollouts.chat.instruction import AGAIN, instruction
from training.rollouts.chat.wire import cot_of, formats
from training.serving.chat_http import ChatAnswer, ChatServer, Message
from training.serving.outbound import Outbound
from training.serving.policy_client import OnWait, Refused, SampledText, SamplingRequest
from training.serving.policy_http import prompt_seed, side_by_side

_ABOUT_THE_REQUEST = frozenset({400, 413, 422})  # the next pair may go well
_UNKNOWN_FIELD = frozenset({400, 404, 422, 501})  # or the shape that is asked for
_GIVE_UP = 3  # refused pairs before any was answered


class ChatWriter:
    """``concurrency`` pairs are in flight at once. The first shape of structured output that
    the server takes is kept. A pair that the server refuses is an empty CoT, which is kept like
    any other that does not parse; a server that refuses all of them ends the sampling."""

    def __init__(
        self,
        url: str,
        model: str,
        *,
        outbound: Outbound,
        guideline: str,
        rules: Rules,
        layout: Layout,
        concurrency: int = 8,
        timeout: float = 180.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url, self._model, self._outbound = url, model, outbound
        self._guideline, self._rules, self._layout = guideline, rules, layout
        self._concurrency, self._timeout, self._sleep = concurrency, timeout, sleep
        self._shapes = formats(layout)
        self._shape = self._refusals = 0
        self._answered = False
        self._lock = threading.Lock()

    def sample(
        self, prompts: Sequence[Mapping[str, Any]], request: SamplingRequest, on_wait: OnWait
    ) -> Iterator[SampledText]:
        with self._outbound.client(
            self._url, timeout=self._timeout, connections=self._concurrency
        ) as http:
            server = ChatServer(http, self._url, self._model, sleep=self._sleep)
            jobs = [
                partial(self._one, server, prompt, request, index)
                for prompt in prompts
                for index in range(request.n)
            ]
            yield from side_by_side(jobs, self._concurrency, on_wait)

    def _one(
        self,
        server: ChatServer,
        prompt: Mapping[str, Any],
        request: SamplingRequest,
        index: int,
    ) -> SampledText:
        pair_id = str(prompt["pair_id"])
        settings: dict[str, Any] = {
            "temperature": request.temperature,
            "max_tokens": request.max_tokens,
            "seed": prompt_seed(request.seed + index, pair_id),
        }
        if request.top_k:  # not part of OpenAI's own protocol
            settings["top_k"] = request.top_k
        try:
            answer, messages, shape = self._first(server, prompt, settings)
            text, problem = self._read(answer)
            if not problem:
                return _sampled(pair_id, index, text, [answer])
            said_no = {"role": "user", "content": AGAIN.format(problem=problem)}
            told = [*messages, {"role": "assistant", "content": answer.text}, said_no]
            second = server.ask(told, settings, shape)
        except Refused as refused:
            self._refused(refused)
            return SampledText(pair_id, index, "", "refused")
        return _sampled(pair_id, index, self._read(second)[0], [answer, second])

    def _first(
        self, server: ChatServer, prompt: Mapping[str, Any], settings: Mapping[str, Any]
    ) -> tuple[ChatAnswer, list[Message], Mapping[str, Any]]:
        """The answer in the best shape that the server takes."""
        while True:
            number = self._shape
            shape = self._shapes[number]
            content = instruction(
                _pair(prompt),
                guideline=self._guideline,
                rules=self._rules,
                layout=self._layout,
                structured=bool(shape),
            )
            messages: list[Message] = [{"role": "user", "content": content}]
            try:
                answer = server.ask(messages, settings, shape)
            except Refused as refused:
                if not self._simpler(number, refused.status):
                    raise
            else:
                with self._lock:
                    self._answered = True
                return answer, messages, shape

    def _simpler(self, number: int, status: int) -> bool:
        """Whether a refusal may be about the shape, so that a simpler one is worth a try."""
        with self._lock:
            if status in _UNKNOWN_FIELD and not self._answered:
                self._shape = max(self._shape, min(number + 1, len(self._shapes) - 1))
            return self._shape > number

    def _refused(self, refused: Refused) -> None:
        with self._lock:
            self._refusals += 1
            hopeless = not self._answered and self._refusals >= _GIVE_UP
        if hopeless or refused.status not in _ABOUT_THE_REQUEST:
            raise refused

    def _read(self, answer: ChatAnswer) -> tuple[str, str]:
        """The CoT, and what is wrong with it."""
        text = cot_of(answer.text, self._layout)
        try:
            parse(text, self._layout, cut=answer.finish == "length")
        except CotParseError as error:
            return text, str(error)
        return text, ""


def _sampled(pair_id: str, index: int, text: str, answers: Sequence[ChatAnswer]) -> SampledText:
    return SampledText(
        pair_id,
        index,
        text,
        answers[-1].finish[:16],
        prompt_tokens=sum(answer.prompt_tokens for answer in answers),
        completion_tokens=sum(answer.completion_tokens for answer in answers),
        again=len(answers) > 1,
    )


def _pair(prompt: Mapping[str, Any]) -> PairText:
    return PairText(
        prompt["query"],
        prompt["title"],
        prompt["category_path"],
        prompt["attributes"],
        prompt["description"],
    )
