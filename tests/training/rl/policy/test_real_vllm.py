"""Our clients against vLLM itself. Opt-in: STEPWISE_VLLM_PYTHON names the Python of an
environment that has it (docs/scale.md). One server at one address, a model after another."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch

from annotation.cot.steps import CLAIM_KEYS, StepKind, parse
from annotation.models import Project
from tests.training.rl.tiny import label_row, make_run
from tests.training.rl.vllm_server import Vllm, known_pairs, like_a_public_model
from training.job.prompts import rm_prompt
from training.job.types import BadInput, Sample
from training.models import Checkpoint
from training.rl.policy.generate import Decoding, generate
from training.rl.policy.model import Policy, load_policy
from training.rl.policy.tokens import encode
from training.rl.reward_model.model import load_reward_model
from training.rl.reward_model.rm_http import load_served
from training.rl.train import main
from training.rollouts.clients import policy_client
from training.serving.outbound import Outbound
from training.serving.policy_client import LocalPolicy, PolicyError, SamplingRequest
from training.serving.policy_http import (
    HttpPolicy,
    completions_url,
    post_until_read,
    prompt_seed,
    served_models,
)

PYTHON = os.environ.get("STEPWISE_VLLM_PYTHON", "")
pytestmark = [
    pytest.mark.rl,
    pytest.mark.vllm,
    pytest.mark.skipif(not PYTHON, reason="set STEPWISE_VLLM_PYTHON to a Python with vLLM"),
]

SEED_POLICY = Path(__file__).resolve().parents[4] / "training" / "seed_policy"
HERE = Outbound(hosts=["127.0.0.1"])
ANSWER_SECONDS = 900.0  # a busy machine is no failure
TOKENS = 160
HOT = 2.0  # at 1 the seed policy is so sure that samples agree
NEAR = 1e-3  # nats: float32 on both sides, other kernels


@pytest.fixture(scope="module")
def vllm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vllm]:
    server = Vllm(PYTHON, tmp_path_factory.mktemp("vllm") / "server.log")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    return known_pairs()


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory, samples: list[Sample]) -> Path:
    """A reward model fitted from the seed policy, whose folder asks for what public models ask
    for: penalties and a narrow nucleus when sampling, a special token before a prompt."""
    folder = tmp_path_factory.mktemp("rm") / "run"
    fit = {"epochs": 4.0, "batch_size": 16, "max_tokens": 256, "learning_rate": 1e-3}
    make_run(folder, SEED_POLICY, samples, method="rm", fit=fit)
    assert main([str(folder)]) == 0
    model = folder / "model"
    like_a_public_model(model)
    return model


def prompts_of(policy: Policy, samples: list[Sample]) -> list[dict[str, str]]:
    return [{"pair_id": s.pair_id, "prompt": policy.prompt(s.text)} for s in samples]


def texts_of(
    url: str, name: str, prompts: list[dict[str, str]], n: int, temperature: float
) -> dict[str, list[str]]:
    """By pair, as the installation's own client samples them."""
    request = SamplingRequest(n=n, temperature=temperature, top_k=0, max_tokens=TOKENS, seed=3)
    client = HttpPolicy(url, name, outbound=Outbound(url), own=True, timeout=ANSWER_SECONDS)
    texts_by_pair: dict[str, list[str]] = {p["pair_id"]: [""] * n for p in prompts}
    for text in client.sample(prompts, request, lambda: None):
        texts_by_pair[text.pair_id][text.index] = text.text
    return texts_by_pair


@torch.inference_mode()
def own_logprobs(policy: Policy, text: str, tokens: list[int]) -> list[float]:
    """What our own process gives each of the tokens after ``text``."""
    model: Any = policy.model
    prompt = encode(policy.tokenizer, text)
    logits = model(torch.tensor([prompt + tokens])).logits[0, len(prompt) - 1 : -1]
    texts_by_pair: list[float] = logits.log_softmax(-1)[range(len(tokens)), tokens].tolist()
    return texts_by_pair


def with_logprobs(url: str, name: str, prompt: dict[str, str], **more: Any) -> list[Any]:
    """The choices for one prompt, tokens as ids with their log probabilities."""
    body = {
        "model": name,
        "prompt": prompt["prompt"],
        "max_tokens": TOKENS,
        "logprobs": 0,
        **more,
    }
    body |= {"return_tokens_as_token_ids": True, "seed": prompt_seed(3, prompt["pair_id"])}
    with httpx.Client(timeout=ANSWER_SECONDS) as http:
        return post_until_read(http, completions_url(url), body, lambda a: a.json()["choices"])


def test_sixteen_samples_have_the_log_probabilities_of_our_own_process(
    vllm: Vllm, samples: list[Sample]
) -> None:
    url, policy = vllm.serve(SEED_POLICY), load_policy(SEED_POLICY)
    prompts = prompts_of(policy, samples[:4])
    texts_by_pair = texts_of(url, str(SEED_POLICY), prompts, n=16, temperature=HOT)
    for prompt in prompts:
        texts = texts_by_pair[prompt["pair_id"]]
        assert len(set(texts)) > 1
        choices = with_logprobs(url, str(SEED_POLICY), prompt, n=16, temperature=HOT)
        same = sum(c["text"] == texts[c["index"]] for c in choices)
        assert same >= 15  # a seed repeats; a batch of another size may turn one near tie
        for choice in choices:
            listed = choice["logprobs"]
            tokens = [int(token.removeprefix("token_id:")) for token in listed["tokens"]]
            theirs = listed["token_logprobs"]
            assert all(map(math.isfinite, theirs))
            ours = own_logprobs(policy, prompt["prompt"], tokens)
            assert theirs == pytest.approx(ours, abs=NEAR)


def test_greedy_answers_parse_and_are_what_our_own_process_writes(
    vllm: Vllm, samples: list[Sample]
) -> None:
    url, policy = vllm.serve(SEED_POLICY), load_policy(SEED_POLICY)
    prompts = prompts_of(policy, samples[:16])
    texts_by_pair = texts_of(url, str(SEED_POLICY), prompts, n=1, temperature=0.0)
    ours = generate(policy, [p["prompt"] for p in prompts], Decoding(max_tokens=TOKENS))
    assert [texts_by_pair[p["pair_id"]][0] for p in prompts] == [own.text for (own,) in ours]
    assert all(len(parse(text)) == 5 for (text,) in texts_by_pair.values())


def test_a_step_has_the_same_critique_and_chance_through_the_server(
    vllm: Vllm, judge: Path, samples: list[Sample]
) -> None:
    questions = [
        rm_prompt(s.text, label_row(s, wrong)["steps"][: int(kind)], kind, version="1")
        for s in samples[:4]
        for wrong in (False, True)
        for kind in CLAIM_KEYS
    ]
    served = load_served(judge, vllm.serve(judge), HERE)
    served.timeout = ANSWER_SECONDS
    theirs, ours = served.review(questions), load_reward_model(judge).review(questions)
    assert [s.critique for s in theirs] == [s.critique for s in ours]
    assert [s.odds for s in theirs] == pytest.approx([s.odds for s in ours], abs=NEAR)
    assert [s.p for s in theirs] == pytest.approx([s.p for s in ours], abs=NEAR)
    assert len({round(s.p, 2) for s in ours}) > 1


def test_a_folders_own_sampling_defaults_and_first_token_are_not_used(
    vllm: Vllm, judge: Path, samples: list[Sample]
) -> None:
    url, policy = vllm.serve(judge), load_policy(judge)
    prompts = prompts_of(policy, samples[:8])
    greedy = texts_of(url, str(judge), prompts, n=1, temperature=0.0)
    ours = generate(policy, [p["prompt"] for p in prompts], Decoding(max_tokens=TOKENS))
    assert [greedy[p["pair_id"]][0] for p in prompts] == [own.text for (own,) in ours]
    sampled = texts_of(url, str(judge), prompts, n=16, temperature=HOT)
    assert all(len(set(texts)) > 1 for texts in sampled.values())


def test_a_swapped_server_answers_for_the_new_checkpoint_and_not_for_the_old(
    vllm: Vllm, judge: Path, tmp_path: Path, samples: list[Sample], settings: Any
) -> None:
    old, new = (Checkpoint(name=f.name, path=str(f)) for f in (SEED_POLICY, judge))
    scorer = load_served(judge, vllm.serve(judge), HERE)
    for folder, here, elsewhere in ((judge, new, old), (SEED_POLICY, old, new)):
        settings.POLICY_URL = url = vllm.serve(folder)
        assert served_models(url, outbound=HERE) == {str(folder): str(folder)}
        assert isinstance(policy_client(here, tmp_path, Project()), HttpPolicy)
        assert isinstance(policy_client(elsewhere, tmp_path, Project()), LocalPolicy)
        prompts = prompts_of(load_policy(folder), samples[:1])
        with pytest.raises(PolicyError, match="refused: 404"):
            texts_of(url, elsewhere.path, prompts, n=1, temperature=0.0)
    with pytest.raises(BadInput, match="refused: 404"):
        scorer.review([rm_prompt(samples[0].text, ["## 1"], StepKind.CATEGORY, version="1")])
    with pytest.raises(BadInput, match="not"):
        load_served(judge, vllm.url, HERE)
