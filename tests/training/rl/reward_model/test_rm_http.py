"""The reward model behind a server gives what it gives in this process."""

import json
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
import torch

from annotation.cot.steps import StepKind
from tests.training.rl.tiny import answer, make_run, make_samples
from tests.training.speaking_server import Reply, Server, serving
from training.job.config import load_config
from training.job.files import read_finished_jsonl, write_json, write_jsonl
from training.job.folder import MODEL_FACTS
from training.job.model_folder import model_facts
from training.job.prompts import rm_prompt
from training.job.types import BadInput, Sample
from training.reward.rewards import HybridRewards
from training.rl.method.rl_method import hybrid_rewards
from training.rl.policy.generate import Decoding, generate_ids
from training.rl.policy.model import Policy
from training.rl.policy.run_folder import Run
from training.rl.reward_model.model import VerdictTokens, load_reward_model
from training.rl.reward_model.rm_http import LISTED, load_served, verdict_odds
from training.rl.reward_model.score import score
from training.serving.outbound import Outbound
from verifier.truth import TruthTable

pytestmark = pytest.mark.rl

HERE = Outbound(hosts=["127.0.0.1"])
PROMPTS = [
    rm_prompt(s.text, [answer(s)], StepKind.CATEGORY, version="1") for s in make_samples()[:3]
]
LONG = rm_prompt(make_samples()[0].text, ["red shoe " * 200], StepKind.CATEGORY, version="1")


class Voice:
    """What a server would answer with this model behind it."""

    def __init__(self, policy: Policy) -> None:
        self._policy, self._lock = policy, threading.Lock()

    def __call__(self, body: dict[str, Any], number: int) -> Reply:
        assert body["temperature"] == 0.0
        with self._lock:
            made = self._likeliest(body) if "logprobs" in body else self._line(body)
        return 200, json.dumps({"choices": [made]})

    def _line(self, body: dict[str, Any]) -> dict[str, Any]:
        ends = self._policy.tokenizer(body["stop"][0])["input_ids"]
        decoding = Decoding(max_tokens=body["max_tokens"], stop_ids=tuple(ends))
        (ids,) = generate_ids(self._policy, [body["prompt"]], [[0]], decoding)
        text = self._policy.tokenizer.decode(ids, skip_special_tokens=True)
        return {"text": text.partition("\n")[0], "index": 0}

    @torch.inference_mode()
    def _likeliest(self, body: dict[str, Any]) -> dict[str, Any]:
        model: Any = self._policy.model
        logits = model(torch.tensor([body["prompt"]])).logits[0, -1]
        values, tokens = logits.log_softmax(0).topk(body["logprobs"])
        listed = {
            f"token_id:{token}": value
            for token, value in zip(tokens.tolist(), values.tolist(), strict=True)
        }
        return {"text": "", "index": 0, "logprobs": {"top_logprobs": [listed]}}


@pytest.fixture
def judge_dir(policy: Policy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # the tiny policy never learned verdicts: every token is listed, so that both are
    monkeypatch.setattr("training.rl.reward_model.rm_http.LISTED", len(policy.tokenizer))
    notes = {"role": "rm", "prior_shift": {"3": 0.5}, "temperature": 2.0}
    policy.save(tmp_path / "judge", notes)
    return tmp_path / "judge"


def served(server: Server, folder: Path) -> Any:
    server.models = [str(folder)]
    judge = load_served(folder, server.url, HERE)
    judge.pause = 0.0
    return judge


def test_a_server_and_this_process_give_the_same_critique_and_chance(
    policy: Policy, judge_dir: Path
) -> None:
    local = load_reward_model(judge_dir).review([*PROMPTS, LONG])
    with serving(Voice(policy)) as server:
        remote = served(server, judge_dir).review([*PROMPTS, LONG])
    assert [s.critique for s in remote] == [s.critique for s in local]
    assert [s.p for s in remote[:3]] == pytest.approx([s.p for s in local[:3]], abs=1e-4)
    assert [s.odds for s in remote[:3]] == pytest.approx([s.odds for s in local[:3]], abs=1e-3)
    assert remote[3].p != remote[3].p  # longer than the context: no score, from either
    assert local[3].p != local[3].p
    assert len(server.requests) == 6  # and the server was not asked about it
    assert all(isinstance(body["prompt"][0], int) for body in server.requests)
    assert all(body["repetition_penalty"] == 1.0 for body in server.requests)
    tokens = VerdictTokens.of(policy.tokenizer)
    token_ids = [body["logprob_token_ids"] for body in server.requests if "logprobs" in body]
    assert token_ids == [[tokens.correct, tokens.incorrect]] * 3


def test_a_busy_server_is_asked_again(policy: Policy, judge_dir: Path) -> None:
    voice = Voice(policy)

    def busy_first(body: dict[str, Any], number: int) -> Reply:
        unwell: dict[int, Reply] = {0: (503, "busy"), 1: (200, "not json"), 2: (200, "{}")}
        return unwell.get(number) or voice(body, number)

    with serving(busy_first) as server:
        (reading,) = served(server, judge_dir).review(PROMPTS[:1])
        assert len(server.requests) == 5
    assert 0 < reading.p < 1


def test_a_server_that_refuses_or_stays_away_is_named(policy: Policy, judge_dir: Path) -> None:
    with serving(lambda body, number: (400, "prompt too long")) as server:
        judge = served(server, judge_dir)
        with pytest.raises(BadInput, match=r"refused: 400 Bad Request$"):
            judge.review(PROMPTS)
    with pytest.raises(BadInput, match="does not list its models"):
        load_served(judge_dir, server.url, HERE)


def test_the_server_must_serve_the_folders_model(policy: Policy, judge_dir: Path) -> None:
    with serving(Voice(policy)) as server:
        server.models = ["a", "b"]
        with pytest.raises(BadInput, match="serves a, b, not"):
            load_served(judge_dir, server.url, HERE)
        server.models = ["a", "judge"]
        assert load_served(judge_dir, server.url, HERE).name == "judge"
        server.models = ["whatever"]
        assert load_served(judge_dir, server.url, HERE).name == "whatever"


def test_a_served_judge_is_asked_in_the_version_of_its_folder(
    policy: Policy, judge_dir: Path, tmp_path: Path
) -> None:
    for version in ("1", "2"):
        folder = shutil.copytree(judge_dir, tmp_path / version)
        write_json(folder / MODEL_FACTS, {**model_facts(folder), "prompt_version": version})
        with serving(Voice(policy)) as server:
            server.models = [str(folder)]
            assert load_served(folder, server.url, HERE).prompt_version == version


def test_a_server_that_loaded_another_folder_does_not_answer_for_this_one(
    policy: Policy, judge_dir: Path, tmp_path: Path
) -> None:
    with serving(Voice(policy)) as server:
        for name, root in (
            ("alias", str(tmp_path)),  # restarted with another checkpoint of this machine
            (judge_dir.name, str(tmp_path)),
            ("/runs/2/model", "/runs/2/model"),  # no alias: what it loaded, wherever that is
        ):
            server.models, server.roots = [name], {name: root}
            with pytest.raises(BadInput, match=r"serves .*, not"):
                load_served(judge_dir, server.url, HERE)
        server.models, server.roots = ["alias"], {"alias": "/runs/2/model"}
        assert load_served(judge_dir, server.url, HERE).name == "alias"
        server.roots = {"alias": str(judge_dir)}
        assert load_served(judge_dir, server.url, HERE).name == "alias"


def test_a_policy_and_a_scalar_head_are_not_served_as_reward_models(
    policy_dir: Path, policy: Policy, tmp_path: Path
) -> None:
    policy.save(tmp_path / "scalar", {"role": "rm", "head": "scalar"})
    for folder in (policy_dir, tmp_path / "scalar"):
        with pytest.raises(BadInput, match="cannot be served"):
            load_served(folder, "http://127.0.0.1:9", HERE)


def test_a_verdict_that_is_not_listed_gets_the_least_listed_chance(policy: Policy) -> None:
    tokens = VerdictTokens.of(policy.tokenizer)
    good, bad = f"token_id:{tokens.correct}", f"token_id:{tokens.incorrect}"
    assert verdict_odds({good: -0.5, bad: -2.0}, tokens, policy.tokenizer) == 1.5
    assert verdict_odds({good: -0.5, "x": -9.0}, tokens, policy.tokenizer) == 8.5
    assert verdict_odds({"x": -9.0}, tokens, policy.tokenizer) is None
    text = policy.tokenizer.decode([tokens.correct])
    assert verdict_odds({text: -1.0, "x": -4.0}, tokens, policy.tokenizer) == 3.0
    assert LISTED == 20  # what vLLM lists at most unless told otherwise


def test_a_scoring_job_can_ask_a_server(
    policy: Policy, judge_dir: Path, tmp_path: Path
) -> None:
    write_jsonl(tmp_path / "steps.jsonl", [{"step_id": "7", "prompt": PROMPTS[0]}])
    with serving(Voice(policy)) as server:
        server.models = [str(judge_dir)]
        (tmp_path / "job.toml").write_text(f'model = "{judge_dir}"\nserver = "{server.url}"\n')
        score(tmp_path)
    (row,) = read_finished_jsonl(tmp_path / "scores.jsonl")
    assert row["step_id"] == "7"
    assert 0 < row["p"] < 1


def test_the_rewards_of_a_run_can_come_from_a_server(
    policy: Policy, policy_dir: Path, judge_dir: Path, samples: list[Sample], tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    with serving(Voice(policy)) as server:
        server.models = [str(judge_dir)]
        rewards = {"source": "rm_only", "rm": "p", "server": server.url}
        make_run(folder, policy_dir, samples, rm=str(judge_dir), rewards=rewards)
        run = Run(folder, load_config(folder / "run.toml"), TruthTable(), samples, [], policy)
        (reading,) = hybrid_rewards(run).score(samples[:1], [answer(samples[0])])
    values = [reward.value for reward in reading.rewards.values()]
    local = HybridRewards(TruthTable(), load_reward_model(judge_dir), mode="rm_only")
    (same,) = local.score(samples[:1], [answer(samples[0])])
    assert values == pytest.approx([r.value for r in same.rewards.values()], abs=1e-4)
    assert len(server.requests) == 10  # a critique and a verdict for each of five steps
