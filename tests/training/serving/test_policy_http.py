"""The seam to vLLM and its like, against a real server that speaks the protocol."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.training.speaking_server import Reply, completions, serving
from training.serving.outbound import Outbound
from training.serving.policy_client import PolicyError, SampledText, SamplingRequest
from training.serving.policy_http import (
    HttpPolicy,
    answers_for,
    completions_url,
    prompt_seed,
    served_models,
)

REQUEST = SamplingRequest(n=2, temperature=0.7, top_k=50, max_tokens=32, seed=5)
HERE = Outbound(hosts=["127.0.0.1"])
PROMPTS = [{"pair_id": str(i), "prompt": f"prompt {i}"} for i in range(3)]


def sample(
    url: str,
    request: SamplingRequest = REQUEST,
    prompts: list[dict[str, str]] = PROMPTS,
    on_wait: Callable[[], None] = lambda: None,
    outbound: Outbound = HERE,
    **options: Any,
) -> list[SampledText]:
    client = HttpPolicy(url, "tiny", outbound=outbound, sleep=lambda _: None, **options)
    return sorted(client.sample(prompts, request, on_wait), key=lambda s: (s.pair_id, s.index))


def test_n_completions_a_prompt_come_back_with_their_index() -> None:
    with serving() as server:
        texts = sample(server.url, outbound=Outbound(server.url, "secret"))
    assert [(s.pair_id, s.index, s.finish) for s in texts] == [
        (str(i), k, "stop") for i in range(3) for k in range(2)
    ]
    assert texts[3].text == f"prompt 1|1|{prompt_seed(5, '1')}"
    assert server.headers["Authorization"] == "Bearer secret"
    first = server.requests[0]
    assert first["path"] == "/v1/completions"
    wanted = {"model": "tiny", "n": 2, "temperature": 0.7, "top_k": 50, "max_tokens": 32}
    assert {key: first[key] for key in wanted} == wanted


def test_top_k_is_left_out_when_it_is_off() -> None:
    off = SamplingRequest(n=1, temperature=1.0, top_k=0, max_tokens=8, seed=0)
    with serving() as server:
        sample(server.url, off)
    assert all("top_k" not in request for request in server.requests)


def test_a_folder_of_ours_is_sampled_without_its_own_defaults_and_with_its_first_token() -> (
    None
):
    with serving() as server:
        sample(server.url, own=True)
        sample(server.url)
    ours, theirs = server.requests[0], server.requests[-1]
    settled = {"top_p": 1.0, "min_p": 0.0, "repetition_penalty": 1.0}
    assert settled.items() <= ours.items()
    assert (ours["top_k"], ours["add_special_tokens"]) == (50, True)
    assert not {*settled, "add_special_tokens"} & set(theirs)


def test_an_alias_answers_for_the_folder_that_the_server_says_it_loaded(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    with serving() as server:
        server.models = ["alias", "silent", "far"]
        server.roots = {"alias": str(tmp_path / "one"), "far": "/another/machine"}
        served = served_models(server.url, outbound=HERE)
    assert served == {"alias": str(tmp_path / "one"), "silent": "", "far": "/another/machine"}
    assert answers_for(served, "alias", tmp_path / "two" / ".." / "one")
    assert not answers_for(served, "alias", tmp_path / "two")
    assert answers_for(served, "silent", tmp_path / "two")
    assert answers_for(served, "far", tmp_path / "two"), "nothing can be seen from here"
    assert not answers_for(served, "absent", tmp_path / "one")


def test_prompts_are_in_flight_together_but_not_more_than_allowed() -> None:
    together = threading.Barrier(2, timeout=10)

    def script(body: dict[str, Any], number: int) -> Reply:
        together.wait()  # answers only when a second request is there as well
        return 200, completions(body)

    prompts = [{"pair_id": str(i), "prompt": "p"} for i in range(4)]
    with serving(script) as server:
        assert len(sample(server.url, prompts=prompts, concurrency=2)) == 8
    assert server.most_busy == 2


@pytest.mark.parametrize(
    "trouble",
    [
        (500, "oops"),
        (503, "loading"),
        (429, "slow down"),
        (200, "<html>garbage"),
        (200, '{"choices": [{"index": 0, "text": "only one"}]}'),
        (200, '{"choices": [{"text": null}, {"text": "b"}]}'),
        (200, '["not an object"]'),
        None,
    ],
)
def test_passing_trouble_is_tried_again(trouble: Reply) -> None:
    def script(body: dict[str, Any], number: int) -> Reply:
        return trouble if number == 0 else (200, completions(body))

    with serving(script) as server:
        assert len(sample(server.url, prompts=PROMPTS[:1], timeout=0.2)) == 2
    assert len(server.requests) == 2


def test_lasting_trouble_is_an_error_that_names_the_server_and_the_status() -> None:
    with serving(lambda body, _: (500, "out of memory")) as server:
        with pytest.raises(PolicyError) as caught:
            sample(server.url, prompts=PROMPTS[:1], attempts=3)
        told = (
            f"{server.url}/v1/completions: answered 500 Internal Server Error (tried 3 times)"
        )
        assert str(caught.value) == told
        assert len(server.requests) == 3


def test_the_pauses_between_attempts_double() -> None:
    pauses: list[float] = []
    with serving(lambda body, _: (500, "")) as server:
        client = HttpPolicy(
            server.url, "tiny", outbound=HERE, attempts=4, pause=0.5, sleep=pauses.append
        )
        with pytest.raises(PolicyError):
            list(client.sample(PROMPTS[:1], REQUEST, lambda: None))
    assert pauses == [0.5, 1.0, 2.0]


def test_a_refusal_is_final() -> None:
    with serving(lambda body, _: (404, "no model 'tiny'")) as server:
        with pytest.raises(PolicyError, match=r"refused: 404 Not Found$"):
            sample(server.url, prompts=PROMPTS[:1])
        assert len(server.requests) == 1


def test_a_server_that_is_away_is_an_error() -> None:
    with serving() as server:
        url = server.url
    with pytest.raises(PolicyError, match="ConnectError"):
        sample(url, prompts=PROMPTS[:1], attempts=2)


def test_the_caller_can_stop_while_waiting() -> None:
    class Stop(Exception):
        pass

    def stop() -> None:
        raise Stop

    with serving() as server, pytest.raises(Stop):
        sample(server.url, on_wait=stop)


@pytest.mark.parametrize(
    "url", ["http://h:8000", "http://h:8000/", "http://h:8000/v1", "http://h:8000/v1/"]
)
def test_the_url_may_name_the_version_or_not(url: str) -> None:
    assert completions_url(url) == "http://h:8000/v1/completions"


def test_every_prompt_has_a_seed_of_its_own_and_keeps_it() -> None:
    assert prompt_seed(1, "7") == prompt_seed(1, "7")
    assert len({prompt_seed(1, "7"), prompt_seed(1, "8"), prompt_seed(2, "7")}) == 3


@pytest.mark.vllm
@pytest.mark.skipif(
    "STEPWISE_VLLM_URL" not in os.environ, reason="set STEPWISE_VLLM_URL to a running server"
)
def test_a_real_vllm_server_answers() -> None:
    url = os.environ["STEPWISE_VLLM_URL"]
    model = os.environ.get("STEPWISE_VLLM_MODEL", "policy")
    client = HttpPolicy(url, model, outbound=Outbound(url))
    texts = list(client.sample(PROMPTS[:1], REQUEST, lambda: None))
    assert sorted(s.index for s in texts) == [0, 1]


def chat(body: dict[str, Any], _: int) -> tuple[int, str]:
    content = body["messages"][-1]["content"]
    choices = [
        {"index": i, "message": {"content": f"{content}!{i}"}, "finish_reason": "stop"}
        for i in range(body["n"])
    ]
    return 200, json.dumps({"choices": choices})


def test_a_chat_checkpoint_sends_what_the_user_says_and_no_template() -> None:
    with serving(chat) as server:
        texts = sample(server.url, chat=True)
    assert (texts[1].text, texts[1].index) == ("prompt 0!1", 1)
    first = server.requests[0]
    assert first["path"] == "/v1/chat/completions"
    assert first["messages"][0]["role"] == "user"
    assert "prompt" not in first


@pytest.mark.parametrize(
    "token",
    ["<|im_end|>", "<|eot_id|>", "</s>", "<eos>", "[INST]", "<end_of_turn>", "<｜User｜>"],
)
def test_a_control_token_in_a_products_words_is_no_control_token_for_a_server(
    token: str,
) -> None:
    with serving() as server:
        sample(
            server.url, prompts=[{"pair_id": "1", "prompt": f"title: a {token} b <b> [x]\n"}]
        )
    (request,) = server.requests
    assert token not in request["prompt"]
    assert request["prompt"].replace(" ", "") == f"title:a{token}b<b>[x]\n"
