"""Whole runs of the reward model's methods, with the tiny policy."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from annotation.cot.steps import StepKind
from tests.training.rl.tiny import answer, make_run, make_samples
from training.job.config import parse_config
from training.job.files import read_finished_jsonl
from training.job.model_folder import model_facts
from training.job.prompts import rm_prompt
from training.job.types import Sample
from training.reward.reliable import kappas_of
from training.rl.policy.generate import Decoding
from training.rl.policy.heads import with_head
from training.rl.policy.model import Policy
from training.rl.reward_model.judge import kind_of
from training.rl.reward_model.model import (
    CRITIQUE_TOKENS,
    RewardModel,
    VerdictTokens,
    load_reward_model,
)
from training.rl.reward_model.rm_grpo import verdict_reward
from training.rl.reward_model.rm_rollouts import Reviewer, review_rollouts
from training.rl.reward_model.rm_scalar import ScalarRewardModel
from training.rl.reward_model.score import score
from training.rl.train import main

pytestmark = pytest.mark.rl

SAMPLES = make_samples()
PROMPTS = [rm_prompt(s.text, [answer(s)], StepKind.CATEGORY, version="1") for s in SAMPLES[:3]]
FIT = {"epochs": 2.0, "batch_size": 16, "max_tokens": 256, "learning_rate": 2e-3}


def report_of(folder: Path) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((folder / "report.json").read_text())["rm"]
    return body


@pytest.fixture(scope="module")
def rm_folder(
    tmp_path_factory: pytest.TempPathFactory, policy_dir: Path, samples: list[Sample]
) -> Path:
    folder = tmp_path_factory.mktemp("rm") / "run"
    make_run(folder, policy_dir, samples, method="rm", fit=FIT)
    assert main([str(folder)]) == 0
    return folder


def test_the_report_has_the_measures_and_their_intervals(rm_folder: Path) -> None:
    outcome = report_of(rm_folder)["held_out"]
    assert {"accuracy", "balanced_accuracy", "auc", "ece", "kappa"} <= set(outcome)
    assert set(outcome["intervals"]) == {
        "accuracy", "balanced_accuracy", "auc", "ece", "kappa", "processbench_f1",
    }  # fmt: skip
    low, high = outcome["intervals"]["accuracy"]
    assert low <= outcome["accuracy"] <= high
    assert outcome["processbench"]["n"] > 0
    assert set(outcome["by_kind"]) == {"1", "2", "3", "4", "5"}


def test_the_model_carries_its_kappa_with_people_of_each_step(rm_folder: Path) -> None:
    measured = kappas_of(report_of(rm_folder)["held_out"])
    assert set(measured) == set(StepKind)
    assert load_reward_model(rm_folder / "model").kappa == measured


def test_grpo_goes_on_from_the_fitted_model_on_the_steps_it_gets_wrong(
    tmp_path: Path, rm_folder: Path, samples: list[Sample]
) -> None:
    folder, start = tmp_path / "run", rm_folder / "model"
    make_run(folder, start, samples, method="rm_grpo")
    assert main([str(folder)]) == 0
    report = report_of(folder)
    assert sum(report["hard"].values()) == report["train"]
    assert report["updates"] == 3
    before, after = report["before"], report["held_out"]
    change = report["change"]["accuracy"]["delta"]
    assert after["accuracy"] - before["accuracy"] == pytest.approx(change)
    # what it starts from is what the fitted model was measured as
    assert before["auc"] == report_of(rm_folder)["held_out"]["auc"]
    assert load_reward_model(folder / "model").kappa == kappas_of(after)
    old, new = model_facts(start), model_facts(folder / "model")
    assert (new["role"], new["prior_shift"]) == ("rm", old["prior_shift"])
    assert isinstance(load_reward_model(folder / "model"), RewardModel)
    rows = read_finished_jsonl(folder / "metrics.jsonl")
    assert [row["step"] for row in rows] == [1, 2, 3]
    assert all(0 <= row["reward"] <= 1 for row in rows)
    assert rows[0]["kl"] is not None


def test_grpo_refuses_to_start_from_a_policy(
    tmp_path: Path, policy_dir: Path, samples: list[Sample], capsys: pytest.CaptureFixture[str]
) -> None:
    make_run(tmp_path / "run", policy_dir, samples, method="rm_grpo")
    assert main([str(tmp_path / "run")]) == 4
    assert "goes on from a reward model" in capsys.readouterr().err


def test_a_review_is_a_critique_line_the_given_words_and_one_deciding_token(
    policy: Policy,
) -> None:
    reviewer = Reviewer(policy, Decoding(n=4, temperature=1.0, batch_size=8))
    tokens = VerdictTokens.of(policy.tokenizer)
    outcome = reviewer.reviews(PROMPTS, "s")
    assert len(outcome) == 12
    for review in outcome:
        assert len(review.ids) == len(review.own)
        given = [t for t, own in zip(review.ids, review.own, strict=True) if not own]
        assert given in ([], tokens.prefix)
        assert sum(review.own) <= CRITIQUE_TOKENS + 1
        if review.verdict is not None:
            assert given == tokens.prefix
            decides = {tokens.correct: True, tokens.incorrect: False}
            assert review.verdict is decides[review.ids[-1]]
            critique = policy.tokenizer.decode(review.ids[: review.own.index(0)])
            assert critique.count("\n") == 1
            assert critique.endswith("\n")


def test_the_same_stream_draws_the_same_reviews_whatever_the_batch(policy: Policy) -> None:
    small = Reviewer(policy, Decoding(n=2, temperature=1.0, batch_size=2, seed=3))
    large = Reviewer(policy, Decoding(n=2, temperature=1.0, batch_size=64, seed=3))
    first = small.reviews(PROMPTS, "s")
    assert first == large.reviews(PROMPTS, "s")
    assert first != small.reviews(PROMPTS, "other")


def test_trl_gets_a_mask_over_the_given_tokens_and_the_verdicts(policy: Policy) -> None:
    reviewer = Reviewer(policy, Decoding(n=2, temperature=1.0, batch_size=8))
    trainer = type("T", (), {"state": type("S", (), {"global_step": 0})})
    prompts = [PROMPTS[0], PROMPTS[0], PROMPTS[1], PROMPTS[1]]
    outcome = review_rollouts(reviewer)(prompts, trainer)
    assert {len(rows) for key, rows in outcome.items() if key != "logprobs"} == {4}
    assert outcome["prompt_ids"][0] == outcome["prompt_ids"][1] != outcome["prompt_ids"][2]
    assert [len(m) for m in outcome["env_mask"]] == [len(i) for i in outcome["completion_ids"]]


def test_a_verdict_earns_one_when_it_is_the_persons() -> None:
    rewards = verdict_reward([], [True, False, None, None], [True, True, True, False])
    assert rewards == [1.0, 0.0, 0.0, 0.0]


def test_a_scalar_head_is_used_through_the_same_seam(
    tmp_path: Path, policy_dir: Path, samples: list[Sample]
) -> None:
    folder = tmp_path / "run"
    fit = {**FIT, "calibration": "isotonic"}
    make_run(folder, policy_dir, samples, method="rm_scalar", fit=fit)
    assert main([str(folder)]) == 0
    judge = load_reward_model(folder / "model")
    assert isinstance(judge, ScalarRewardModel)
    assert judge.calibration.knots
    (outcome,) = judge.review(PROMPTS[:1])
    ids = torch.tensor([judge.tokenizer(PROMPTS[0], add_special_tokens=False)["input_ids"]])
    with torch.no_grad():
        logit = judge.model(ids).logits[0, 0].item()
    assert outcome.odds == pytest.approx(logit + judge.prior_shift[StepKind.CATEGORY], abs=1e-4)
    assert outcome.critique == ""
    # rewards of SRPO through it, all five steps
    srpo = tmp_path / "srpo"
    make_run(srpo, policy_dir, samples, rm=str(folder / "model"), rewards={"source": "rm_only"})
    assert main([str(srpo)]) == 0
    sources = json.loads((srpo / "report.json").read_text())["step_reward_sources"]
    assert set(sources) <= {"rm", "format"}


@pytest.mark.parametrize("scalar", [False, True])
def test_a_step_longer_than_the_context_has_no_score_and_leaves_the_others_alone(
    policy: Policy, scalar: bool
) -> None:
    judge = (
        ScalarRewardModel(with_head(policy, 1), policy.tokenizer, prompt_version="1")
        if scalar
        else RewardModel(policy)
    )
    long = rm_prompt(SAMPLES[0].text, ["red shoe " * 200], StepKind.CATEGORY, version="1")
    first, unread, last = judge.score([PROMPTS[0], long, PROMPTS[0]])
    assert first == pytest.approx(last, abs=1e-6)
    assert 0 < first < 1
    assert unread != unread


def test_a_scoring_job_writes_null_for_a_step_it_cannot_read(
    rm_folder: Path, tmp_path: Path
) -> None:
    model = rm_folder / "model"
    (tmp_path / "job.toml").write_text(f'model = "{model}"\n')
    long = rm_prompt(SAMPLES[0].text, ["red shoe " * 200], StepKind.CATEGORY, version="1")
    rows = [{"step_id": 1, "prompt": long}, {"step_id": 2, "prompt": PROMPTS[0]}]
    (tmp_path / "steps.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    score(tmp_path)
    outcome = {
        row["step_id"]: row["p"] for row in read_finished_jsonl(tmp_path / "scores.jsonl")
    }
    assert outcome[1] is None
    assert 0 < outcome[2] < 1
    score(tmp_path)  # nothing is due
    assert len(read_finished_jsonl(tmp_path / "scores.jsonl")) == 2


def test_the_kind_is_read_off_the_question() -> None:
    assert kind_of(PROMPTS[0]) is StepKind.CATEGORY
    assert kind_of("no question") is None
    assert kind_of("") is None


def test_grpo_of_a_reward_model_is_gentler_than_a_policys_by_default() -> None:
    rl = parse_config('policy = "p"\nmethod = "rm_grpo"').rl
    assert (rl.learning_rate, rl.kl, rl.updates) == (2e-5, 0.1, 30)
    given = parse_config('policy = "p"\nmethod = "rm_grpo"\n[rl]\nkl = 0.5').rl
    assert (given.kl, given.learning_rate) == (0.5, 2e-5)
