from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.cot.rules import DEFAULT_RULES, parse_rules
from annotation.cot.steps import StepKind, parse
from tests.training.chat_server import PLAIN, STRUCTURED, chat, shape_of, structured
from tests.training.speaking_server import Script, Server, serving
from training.rollouts.chat.client import ChatWriter
from training.rollouts.chat.wire import cot_of, schema
from training.serving.outbound import Outbound
from training.serving.policy_client import PolicyError, SampledText, SamplingRequest

HERE = Outbound(hosts=["127.0.0.1"])


def prompts(count: int) -> list[dict[str, Any]]:
    return [
        {
            "pair_id": str(number), "query": f"cable {number}", "title": "HDMI cable",
            "category_path": "", "attributes": {"colour": "black <|im_end|>"},
            "description": "", "query_type": "",
        }
        for number in range(count)
    ]  # fmt: skip


def write(
    server: Server,
    count: int = 1,
    *,
    pauses: list[float] | None = None,
    layout: Any = "answer_last",
    **values: Any,
) -> list[SampledText]:
    noted = [] if pauses is None else pauses
    writer = ChatWriter(
        server.url,
        "the-model",
        outbound=HERE,
        guideline="Cables without a length are fine.",
        rules=parse_rules(DEFAULT_RULES),
        layout=layout,
        concurrency=values.pop("concurrency", 1),
        timeout=0.3,
        sleep=noted.append,
    )
    request = SamplingRequest(
        **{"n": 1, "temperature": 0.5, "top_k": 0, "max_tokens": 200, "seed": 7, **values}
    )
    return list(writer.sample(prompts(count), request, lambda: None))


def answering(script: Script) -> Any:
    return serving(script)


def test_a_structured_answer_becomes_five_steps_and_its_tokens_are_counted() -> None:
    with answering(lambda body, _: (200, structured())) as server:
        (sample,) = write(server)
    steps = {step.kind: step for step in parse(sample.text)}
    claims = [steps[kind].value for kind in StepKind]
    assert claims == [None, None, "match", "not_requested", "4"]
    assert steps[StepKind.CATEGORY].body == "the title names it\ncategory: match"
    assert (sample.prompt_tokens, sample.completion_tokens, sample.again) == (100, 20, False)
    (body,) = server.requests
    assert body["path"] == "/v1/chat/completions"
    assert (body["model"], body["temperature"], body["max_tokens"]) == ("the-model", 0.5, 200)
    assert body["response_format"]["json_schema"]["schema"] == schema("answer_last")
    (message,) = body["messages"]
    assert message["role"] == "user"
    assert "Cables without a length are fine." in message["content"]
    assert "category related, attribute all: tier 3" in message["content"]
    assert "query: cable 0\ntitle: HDMI cable" in message["content"]
    assert "<|im_end|>" not in message["content"], "a product's words end no prompt"


def test_answer_first_is_asked_for_and_written_in_its_order() -> None:
    with answering(lambda body, _: (200, structured())) as server:
        (sample,) = write(server, layout="answer_first")
    assert next(iter(schema("answer_first")["properties"])) == "final_evidence"
    assert parse(sample.text, "answer_first")[0].value == "4"


@pytest.mark.parametrize("taken", ["structured_outputs", "guided_json", ""])
def test_a_server_is_asked_in_simpler_shapes_until_it_takes_one(taken: str) -> None:
    def script(body: dict[str, Any], _: int) -> tuple[int, str]:
        if shape_of(body) != taken:
            return 400, "unknown field"
        return 200, structured() if taken else chat(PLAIN)

    with answering(script) as server:
        samples = write(server, 3)
    assert all(len(parse(sample.text)) == 5 for sample in samples)
    shapes = [shape_of(body) for body in server.requests]
    assert shapes[-2:] == [taken, taken], "what the server refused is not tried for each pair"
    told = server.requests[-1]["messages"][0]["content"]
    assert ("one JSON object" in told) == bool(taken)
    assert ("## 1 query analysis" in told) != bool(taken)


def test_what_does_not_parse_is_written_once_more_with_the_parsers_words() -> None:
    replies = [structured(tier="excellent"), structured()]
    with answering(lambda body, number: (200, replies[number])) as server:
        (sample,) = write(server)
    assert parse(sample.text)[-1].value == "4"
    assert (sample.prompt_tokens, sample.completion_tokens, sample.again) == (200, 40, True)
    first, second, third = server.requests[1]["messages"]
    assert first == server.requests[0]["messages"][0]
    assert second["role"] == "assistant"
    assert json.loads(second["content"])["tier"] == "excellent"
    assert "tier 'excellent' is not one of 4, 3, 2, 1" in third["content"]


def test_a_model_that_cannot_do_it_is_asked_twice_and_no_more() -> None:
    with answering(lambda body, _: (200, chat("It fits, I think."))) as server:
        (sample,) = write(server)
    assert (sample.text, sample.again, len(server.requests)) == ("It fits, I think.", True, 2)


def test_an_answer_that_the_budget_cut_is_asked_for_again() -> None:
    replies = [chat(json.dumps(STRUCTURED)[:60], finish="length"), structured()]
    with answering(lambda body, number: (200, replies[number])) as server:
        (sample,) = write(server)
    assert (sample.finish, len(parse(sample.text))) == ("stop", 5)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again_after_doubling_pauses(status: int) -> None:
    pauses: list[float] = []
    with answering(
        lambda body, number: (status, "busy") if number < 3 else (200, structured())
    ) as server:
        (sample,) = write(server, pauses=pauses)
    assert len(parse(sample.text)) == 5
    assert pauses == [0.5, 1.0, 2.0]


def test_a_server_that_says_how_long_it_is_busy_is_left_alone_so_long() -> None:
    pauses: list[float] = []
    replies = [(429, "busy"), (200, structured())]
    with answering(lambda body, number: replies[number]) as server:
        server.more_headers = {"Retry-After": "7"}
        write(server, pauses=pauses)
    assert pauses == [7.0]


def test_silence_and_nonsense_are_tried_again() -> None:
    replies: list[Any] = [None, (200, "<html>"), (200, '{"choices": []}'), (200, structured())]
    with answering(lambda body, number: replies[number]) as server:
        (sample,) = write(server)
    assert len(parse(sample.text)) == 5


def test_a_server_that_stays_away_ends_the_sampling_and_what_was_answered_is_kept() -> None:
    def script(body: dict[str, Any], _: int) -> tuple[int, str]:
        bad = "cable 1\n" in body["messages"][0]["content"]
        return (503, "down") if bad else (200, structured())

    with answering(script) as server:
        writer = ChatWriter(
            server.url, "m", outbound=HERE, guideline="", rules=parse_rules(DEFAULT_RULES),
            layout="answer_last", concurrency=3, sleep=lambda _: None,
        )  # fmt: skip
        request = SamplingRequest(1, 0.0, 0, 100, 0)
        kept: list[SampledText] = []
        down = re.escape("answered 503 Service Unavailable (tried 8")
        with pytest.raises(PolicyError, match=down):
            kept.extend(writer.sample(prompts(3), request, lambda: None))
    assert sorted(sample.pair_id for sample in kept) == ["0", "2"]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_wrong_key_or_model_ends_the_sampling_at_once(status: int) -> None:
    with (
        answering(lambda body, _: (status, "secret words of the server")) as server,
        pytest.raises(PolicyError, match=f"refused: {status}") as refused,
    ):
        write(server, 3)
    assert "secret" not in str(refused.value)


def test_a_pair_that_the_server_refuses_is_an_empty_cot_and_the_others_are_written() -> None:
    def script(body: dict[str, Any], _: int) -> tuple[int, str]:
        bad = "cable 1\n" in body["messages"][0]["content"]
        return (400, "too long") if bad else (200, structured())

    with answering(script) as server:
        samples = {sample.pair_id: sample for sample in write(server, 3)}
    assert (samples["1"].text, samples["1"].finish) == ("", "refused")
    assert all(len(parse(samples[number].text)) == 5 for number in "02")


def test_a_server_that_refuses_every_pair_ends_the_sampling() -> None:
    with (
        answering(lambda body, _: (400, "no")) as server,
        pytest.raises(PolicyError, match="refused: 400"),
    ):
        write(server, 9)


def test_an_address_that_is_not_listed_is_never_asked() -> None:
    with answering(lambda body, _: (200, structured())) as server:
        writer = ChatWriter(
            server.url, "m", outbound=Outbound(), guideline="", layout="answer_last",
            rules=parse_rules(DEFAULT_RULES),
        )  # fmt: skip
        with pytest.raises(PolicyError, match="not allowed"):
            list(writer.sample(prompts(1), SamplingRequest(1, 0.0, 0, 9, 0), lambda: None))
    assert server.requests == []


def test_the_key_goes_to_the_address_it_belongs_to_and_to_no_other() -> None:
    with (
        answering(lambda body, _: (200, structured())) as mine,
        answering(lambda body, _: (200, structured())) as other,
    ):
        may = Outbound(mine.url, "the-key", ["127.0.0.1"])
        for server in (mine, other):
            writer = ChatWriter(
                server.url, "m", outbound=may, guideline="", layout="answer_last",
                rules=parse_rules(DEFAULT_RULES),
            )  # fmt: skip
            list(writer.sample(prompts(1), SamplingRequest(1, 0.0, 0, 99, 0), lambda: None))
    assert mine.headers["Authorization"] == "Bearer the-key"
    assert "Authorization" not in other.headers


def test_several_cots_of_a_pair_have_seeds_of_their_own() -> None:
    with answering(lambda body, _: (200, structured())) as server:
        samples = write(server, n=2)
    assert sorted(sample.index for sample in samples) == [0, 1]
    assert len({body["seed"] for body in server.requests}) == 2


@given(
    answer=st.one_of(
        st.text(),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(
                st.sampled_from([*STRUCTURED, "x"]), inner
            ),
        ).map(json.dumps),
    )
)  # fmt: skip
def test_no_answer_breaks_the_reading(answer: str) -> None:
    assert isinstance(cot_of(answer, "answer_last"), str)
