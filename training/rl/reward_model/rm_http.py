"""A generative reward model that an OpenAI-compatible server answers for (vLLM and others): the
folder gives tokenizer and calibration, the server the critique and the verdict's log odds.

Prompts travel as token ids, so that the server reads exactly what the local model would.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from transformers import AutoConfig, AutoTokenizer

from training.job.model_folder import model_facts, prompt_version_of
from training.job.types import BadInput
from training.rl.policy.context import context_of
from training.rl.policy.tokens import prompt_ids
from training.rl.reward_model.judge import (
    UNREAD,
    OnBatch,
    Score,
    StepJudge,
    nobody,
    settings_of,
)
from training.rl.reward_model.model import (
    CRITIQUE_TOKENS,
    VerdictTokens,
    critique_room,
    judged_ids,
    load_reward_model,
)
from training.serving.outbound import Outbound
from training.serving.policy_client import PolicyError
from training.serving.policy_http import (
    OWN_SAMPLING,
    answers_for,
    completions_url,
    post_until_read,
    served_models,
)

LISTED = 20  # likeliest tokens asked for: vLLM gives no more by default
CONCURRENT = 16  # requests in flight


@dataclass(slots=True)
class ServedRewardModel(StepJudge):
    """``context`` is in tokens; ``name`` is what the server calls the model."""

    url: str
    name: str
    tokenizer: Any
    context: int
    outbound: Outbound
    pause: float = 0.5  # seconds before the second try; doubled for each further one
    timeout: float = 120.0  # seconds

    def review(self, prompts: Sequence[str], on_batch: OnBatch = nobody) -> list[Score]:
        """As :class:`RewardModel`; raises BadInput when the server refuses or stays away."""
        verdict = VerdictTokens.of(self.tokenizer)
        room = critique_room(self.context, verdict)
        readings = dict.fromkeys(range(len(prompts)), UNREAD)
        due = [
            i for i, text in enumerate(prompts) if len(prompt_ids(self.tokenizer, text)) <= room
        ]
        long = sorted(set(readings) - set(due))
        on_batch(long, [UNREAD] * len(long))
        with (
            self.outbound.client(
                self.url, timeout=self.timeout, connections=CONCURRENT
            ) as http,
            ThreadPoolExecutor(CONCURRENT) as pool,
        ):
            pending = {pool.submit(self._one, http, prompts[i], verdict): i for i in due}
            try:
                for done in as_completed(pending):
                    readings[pending[done]] = done.result()
                    on_batch([pending[done]], [done.result()])
            except PolicyError as error:
                raise BadInput(str(error)) from error
            finally:
                for future in pending:
                    future.cancel()
        return list(readings.values())

    def _one(self, http: httpx.Client, prompt: str, verdict: VerdictTokens) -> Score:
        written = self._ask(
            http,
            prompt=prompt_ids(self.tokenizer, prompt),
            max_tokens=CRITIQUE_TOKENS,
            stop=["\n"],
        )
        critique = str(written["text"]).partition("\n")[0].strip()
        decided = self._ask(
            http,
            prompt=judged_ids(self.tokenizer, prompt, critique, verdict),
            max_tokens=1,
            logprobs=LISTED,
            logprob_token_ids=[verdict.correct, verdict.incorrect],  # vLLM: these, of any rank
            return_tokens_as_token_ids=True,
        )
        odds = verdict_odds(decided["logprobs"]["top_logprobs"][0], verdict, self.tokenizer)
        return UNREAD if odds is None else self.judged(prompt, odds, critique)

    def _ask(self, http: httpx.Client, **body: Any) -> dict[str, Any]:
        """The one choice of a greedy answer."""
        whole = {"model": self.name, **OWN_SAMPLING, "temperature": 0.0, "n": 1, **body}
        wants_odds = "logprobs" in body
        return post_until_read(
            http,
            completions_url(self.url),
            whole,
            lambda answer: _choice(answer, wants_odds),
            pause=self.pause,
        )


def verdict_odds(
    listed: Mapping[str, float], verdict: VerdictTokens, tokenizer: Any
) -> float | None:
    """Log odds of "correct" from the listed log probabilities, by token id or by text. A token
    that is not listed has at most the least listed probability, and that is what it gets; with
    neither listed there is no verdict (None)."""
    odds = [
        listed.get(f"token_id:{token}", listed.get(str(tokenizer.decode([token]))))
        for token in (verdict.correct, verdict.incorrect)
    ]
    if odds[0] is None and odds[1] is None:
        return None
    least = min(listed.values())
    good, bad = (least if value is None else value for value in odds)
    return float(good - bad)


def load_judge(folder: str | Path, server: str, batch_size: int) -> StepJudge:
    """The reward model of ``folder``: in this process for ``server`` "local", else as the
    server at that address answers for it, if the installation lets it be asked. Raises BadInput
    as the two loaders do."""
    if server == "local":
        return load_reward_model(folder, batch_size)
    return load_served(folder, server, Outbound.from_environment())


def load_served(folder: str | Path, server: str, outbound: Outbound) -> ServedRewardModel:
    """The model of ``folder`` as ``server`` (a base URL) answers for it.

    Raises:
        BadInput: the folder holds no generative reward model, the server is away, or it serves
            several models and none goes by the folder's path or name.
    """
    path = Path(folder)
    facts = model_facts(path)
    if facts.get("role") != "rm" or facts.get("head") == "scalar":
        raise BadInput(f"'{folder}' is not a generative reward model: it cannot be served")
    try:
        tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
        config = AutoConfig.from_pretrained(path, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise BadInput(f"cannot read the model in '{folder}': {error}") from error
    return ServedRewardModel(
        server,
        _served_name(server, path, outbound),
        tokenizer,
        context_of(config),
        outbound,
        prompt_version=prompt_version_of(path),
        **settings_of(facts),
    )


def _served_name(server: str, path: Path, outbound: Outbound) -> str:
    """The path, the folder's name or the only alias, unless it stands for another folder. A
    lone name that is itself what was loaded is no alias but another model."""
    try:
        served = served_models(server, outbound=outbound)
    except PolicyError as error:
        raise BadInput(str(error)) from error
    aliases = [name for name, root in served.items() if name != root]
    lone = aliases if len(served) == 1 else []
    for name in (str(path), path.name, *lone):
        if answers_for(served, name, path):
            return name
    raise BadInput(f"{server} serves {', '.join(sorted(served)) or 'nothing'}, not '{path}'")


def _choice(answer: httpx.Response, wants_odds: bool) -> dict[str, Any] | None:
    """The only choice, or None for an answer without the parts that are needed."""
    try:
        choice: dict[str, Any] = answer.json()["choices"][0]
        whole = isinstance(choice["text"], str)
        if wants_odds:
            whole = whole and bool(choice["logprobs"]["top_logprobs"][0])
    except (ValueError, KeyError, IndexError, TypeError):
        return None
    return choice if whole else None
