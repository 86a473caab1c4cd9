"""Sampling from an OpenAI-compatible server (vLLM and others): ``POST /v1/completions``, or
``/v1/chat/completions`` for a checkpoint of style chat, whose template the server applies."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx

from training.job.prompts import disarmed
from training.serving.outbound import NotAllowed, Outbound
from training.serving.policy_client import (
    WAIT_SECONDS,
    OnWait,
    PolicyError,
    Refused,
    SampledText,
    SamplingRequest,
)

T = TypeVar("T")

_LONGEST_WAIT = 60.0
_RETRIED = frozenset({408, 429, 500, 502, 503, 504})

# Where a request says nothing, vLLM samples as the folder's generation_config.json says; a
# local process and training do not.
OWN_SAMPLING: Mapping[str, float] = {
    "top_k": 0,
    "top_p": 1.0,
    "min_p": 0.0,
    "repetition_penalty": 1.0,
}


class HttpPolicy:
    """``concurrency`` prompts are in flight at once, so that the server can batch them.

    Time-outs, dropped connections, busy answers (429, 5xx) and unreadable bodies are tried
    ``attempts`` times with doubling pauses; any other 4xx is final. ``own``: the server has a
    folder of ours loaded and is to sample from it as a local process would; this sends settings
    that OpenAI's own protocol does not know. ``chat``: a prompt is what the user says.
    """

    def __init__(
        self,
        url: str,
        model: str,
        *,
        outbound: Outbound,
        own: bool = False,
        chat: bool = False,
        concurrency: int = 16,
        timeout: float = 120.0,
        attempts: int = 4,
        pause: float = 0.5,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = completions_url(url, chat=chat)
        self._model = model
        self._outbound = outbound
        self._own, self._chat = own, chat
        self._concurrency, self._timeout = concurrency, timeout
        self._attempts, self._pause, self._sleep = attempts, pause, sleep

    def sample(
        self, prompts: Sequence[Mapping[str, Any]], request: SamplingRequest, on_wait: OnWait
    ) -> Iterator[SampledText]:
        with self._outbound.client(
            self._url, timeout=self._timeout, connections=self._concurrency
        ) as http:
            jobs = [partial(self._one, http, prompt, request) for prompt in prompts]
            for completions in side_by_side(jobs, self._concurrency, on_wait):
                yield from completions

    def _one(
        self, http: httpx.Client, prompt: Mapping[str, Any], request: SamplingRequest
    ) -> list[SampledText]:
        pair_id = str(prompt["pair_id"])
        body: dict[str, Any] = {
            "model": self._model,
            **self._input(disarmed(prompt["prompt"])),
            "n": request.n,
            "temperature": request.temperature,
            "max_tokens": request.max_tokens,
            "seed": prompt_seed(request.seed, pair_id),
        }
        if self._own:
            body |= OWN_SAMPLING
        if request.top_k:  # not part of OpenAI's own protocol, so only sent when asked for
            body["top_k"] = request.top_k
        choices = self._post(http, body)
        return [
            SampledText(pair_id, index, _text(choice), choice.get("finish_reason") or "")
            for index, choice in enumerate(choices)
        ]

    def _input(self, prompt: str) -> dict[str, Any]:
        if self._chat:
            return {"messages": [{"role": "user", "content": prompt}]}
        # a first token where the tokenizer has one, as training and a local process have it
        return {"prompt": prompt, **({"add_special_tokens": True} if self._own else {})}

    def _post(self, http: httpx.Client, body: dict[str, Any]) -> list[dict[str, Any]]:
        return post_until_read(
            http,
            self._url,
            body,
            lambda answer: _choices(answer, body["n"]),
            attempts=self._attempts,
            pause=self._pause,
            sleep=self._sleep,
        )


def side_by_side(
    jobs: Sequence[Callable[[], T]], concurrency: int, on_wait: OnWait
) -> Iterator[T]:
    """What the jobs return, as they end, ``concurrency`` at a time. Where one fails, those that
    are under way are waited for and given, too: they were paid for. Then its error is
    raised."""
    failure: BaseException | None = None
    with ThreadPoolExecutor(concurrency) as pool:
        left = {pool.submit(job) for job in jobs}
        try:
            while left:
                done, left = wait(left, WAIT_SECONDS, FIRST_COMPLETED)
                for future in done:
                    if future.cancelled():
                        continue
                    if error := future.exception():
                        failure = failure or error
                        for waiting in left:
                            waiting.cancel()
                    else:
                        yield future.result()
                on_wait()
        finally:
            for future in left:
                future.cancel()
    if failure is not None:
        raise failure


def post_until_read(
    http: httpx.Client,
    url: str,
    body: dict[str, Any],
    read: Callable[[httpx.Response], T | None],
    *,
    attempts: int = 4,
    pause: float = 0.5,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """What ``read`` makes of the answer to ``body``; None from it is an unreadable answer.

    The error names the server and the status, never a word of the answer: who reads it is not
    always who may read that server.

    Raises:
        PolicyError: the server may not be asked, it redirects, a 4xx that asking again cannot
            help, or every one of ``attempts`` failed.
    """
    problem, wanted = "", 0.0
    for attempt in range(attempts):
        if attempt:
            sleep(max(pause * 2 ** (attempt - 1), wanted))
        wanted = 0.0
        try:
            answer = http.post(url, json=body)
        except NotAllowed as error:
            raise PolicyError(str(error)) from error
        except httpx.TransportError as error:
            problem = type(error).__name__
            continue
        if answer.status_code in _RETRIED:
            problem, wanted = f"answered {_status(answer)}", _retry_after(answer)
        elif answer.has_redirect_location:
            raise PolicyError(f"{url} redirects ({_status(answer)}): name the server itself")
        elif answer.is_error:
            raise Refused(f"{url} refused: {_status(answer)}", answer.status_code)
        else:
            parsed = read(answer)
            if parsed is not None:
                return parsed
            problem = "answered unreadably"
    raise PolicyError(f"{url}: {problem} (tried {attempts} times)")


def _retry_after(answer: httpx.Response) -> float:
    """The seconds that a busy server wants, within reason; a date is left to the pauses."""
    try:
        return min(max(float(answer.headers.get("Retry-After", 0)), 0.0), _LONGEST_WAIT)
    except ValueError:
        return 0.0


def completions_url(url: str, *, chat: bool = False) -> str:
    """The endpoint for a base URL with or without ``/v1``."""
    return f"{_base(url)}/chat/completions" if chat else f"{_base(url)}/completions"


def served_models(url: str, *, outbound: Outbound, timeout: float = 10.0) -> dict[str, str]:
    """What the server answers to (``GET /v1/models``): name -> what it loaded for it, a folder
    or a hub's name; "" where it does not say (``root`` is vLLM's own).

    Raises:
        PolicyError: the server may not be asked, is away or does not speak the protocol.
    """
    try:
        with outbound.client(url, timeout=timeout) as http:
            answer = http.get(f"{_base(url)}/models")
    except NotAllowed as error:
        raise PolicyError(str(error)) from error
    except httpx.HTTPError as error:
        raise PolicyError(f"{url} does not list its models: {type(error).__name__}") from error
    if not answer.is_success:
        raise PolicyError(f"{url} does not list its models: {_status(answer)}")
    try:
        rows = answer.json()["data"]
        return {str(row["id"]): str(row.get("root") or "") for row in rows}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PolicyError(f"{url} does not list its models: unreadable answer") from error


def answers_for(served: Mapping[str, str], name: str, folder: str | Path) -> bool:
    """Whether ``name`` is served and, as far as can be seen from here, with the weights of
    ``folder``: an alias stays the same when the server is started with another checkpoint."""
    root = served.get(name)
    if not root or not Path(root).is_dir():
        return root is not None
    return Path(root).resolve() == Path(folder).resolve()


def _status(answer: httpx.Response) -> str:
    """The number with its usual words; the server's own words stay unread."""
    return f"{answer.status_code} {httpx.codes.get_reason_phrase(answer.status_code)}".strip()


def _base(url: str) -> str:
    base = url.rstrip("/")
    return base if base.endswith("/v1") else f"{base}/v1"


def prompt_seed(seed: int, pair_id: str) -> int:
    """A seed a prompt: with one seed for all, every prompt would see the same random draws."""
    return zlib.crc32(f"{seed}:{pair_id}".encode()) & 0x7FFFFFFF


def _choices(answer: httpx.Response, n: int) -> list[dict[str, Any]] | None:
    try:
        body = answer.json()
        choices = sorted(body["choices"], key=lambda choice: choice.get("index", 0))
        whole = len(choices) == n and all(isinstance(_text(c), str) for c in choices)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return choices if whole else None


def _text(choice: dict[str, Any]) -> Any:
    """What a choice of either endpoint says."""
    return choice["message"]["content"] if "message" in choice else choice.get("text")
