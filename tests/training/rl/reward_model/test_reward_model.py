from pathlib import Path
from typing import Any

import pytest
import torch

from annotation.cot.steps import StepKind
from tests.training.rl.tiny import answer, label_row, make_samples, make_tokenizer
from training.job.data import read_labels
from training.job.files import read_finished_jsonl, write_jsonl
from training.job.prompts import rm_prompt
from training.job.types import BadInput, LabelledRollout
from training.rl.measure.calibration import Calibration, log_odds
from training.rl.policy.model import Policy
from training.rl.reward_model.model import (
    RewardModel,
    VerdictTokens,
    critique_of,
    examples_of,
    fit_example,
    load_reward_model,
)
from training.rl.reward_model.rm_train import balance, prior_shift, split_by_query
from training.rl.reward_model.score import score

SAMPLES = make_samples()


@pytest.fixture
def labels(tmp_path: Path) -> list[LabelledRollout]:
    rows = [label_row(s, wrong) for s in SAMPLES for wrong in (False, True)]
    write_jsonl(tmp_path / "labels.jsonl", rows)
    return read_labels(tmp_path / "labels.jsonl")


def test_a_critique_says_what_the_labels_support_and_no_more() -> None:
    step = "## 3 category match\ncategory: related"
    category = StepKind.CATEGORY
    assert critique_of(category, step, True, None) == "category related related same\n"
    assert critique_of(category, step, False, "match") == "category match related different\n"
    assert (
        critique_of(category, step, False, None) == "category not related related different\n"
    )
    wrong = critique_of(StepKind.QUERY, "## 1 query analysis\nx", False, None)
    assert wrong == "different\n"


def test_an_example_sees_the_steps_up_to_the_judged_one(labels: list[LabelledRollout]) -> None:
    examples = examples_of(labels[:1], version="1")
    assert [example.kind for example in examples] == list(StepKind)
    third = examples[2].prompt
    assert "## 3 category match" in third
    assert "## 4" not in third
    assert third.endswith("## review step 3\n")


def test_steps_nobody_judged_give_no_example(labels: list[LabelledRollout]) -> None:
    first = labels[0]
    partly = LabelledRollout(first.sample, "r", first.steps, {StepKind.ITEM: False}, {})
    assert [(e.kind, e.correct) for e in examples_of([partly], version="1")] == [
        (StepKind.ITEM, False)
    ]


def test_the_verdict_is_read_where_the_two_lines_part() -> None:
    tokenizer = make_tokenizer(["verdict: correct verdict: incorrect"] * 3)
    tokens = VerdictTokens.of(tokenizer)
    right = tokenizer("verdict: correct")["input_ids"]
    wrong = tokenizer("verdict: incorrect")["input_ids"]
    place = len(tokens.prefix)
    assert right[:place] == wrong[:place] == tokens.prefix
    assert (tokens.correct, tokens.incorrect) == (right[place], wrong[place])
    assert tokens.correct != tokens.incorrect


def test_loss_falls_on_the_critique_and_on_the_token_that_decides(
    labels: list[LabelledRollout],
) -> None:
    tokenizer = make_tokenizer(["verdict: correct"])
    example = fit_example(tokenizer, examples_of(labels[:1], version="1")[2])
    learned = [token for token, on in zip(example.ids, example.mask, strict=True) if on]
    assert tokenizer.decode(learned[:-1]) == "category mismatch mismatch same\n"
    assert learned[-1] == VerdictTokens.of(tokenizer).correct
    assert "verdict:" in tokenizer.decode(example.ids)


def test_a_query_is_either_trained_on_or_held_out(labels: list[LabelledRollout]) -> None:
    train, validation = split_by_query(examples_of(labels, version="1"), 0.4)
    assert train
    assert validation
    assert not {e.query for e in train} & {e.query for e in validation}


def test_the_rarer_verdict_is_repeated_at_most_four_times(
    labels: list[LabelledRollout],
) -> None:
    final = [e for e in examples_of(labels, version="1") if e.kind is StepKind.FINAL]
    right, wrong = [e for e in final if e.correct], [e for e in final if not e.correct]
    evened = balance(right[:9] + wrong[:3])
    assert sum(e.correct for e in evened) == sum(not e.correct for e in evened) == 9
    capped = balance(right[:20] + wrong[:2])
    assert sum(not e.correct for e in capped) == 8


def test_the_prior_shift_undoes_the_balancing(labels: list[LabelledRollout]) -> None:
    final = [e for e in examples_of(labels, version="1") if e.kind is StepKind.FINAL]
    seen = [e for e in final if e.correct][:9] + [e for e in final if not e.correct][:3]
    shift = prior_shift(seen, balance(seen))[StepKind.FINAL]
    assert shift == pytest.approx(log_odds(0.75))


@pytest.mark.rl
def test_p_correct_is_the_verdict_tokens_share_after_the_models_own_critique(
    policy: Policy,
) -> None:
    prompt = rm_prompt(
        SAMPLES[0].text, ["## 1 query analysis\nwants red shoe"], StepKind.QUERY, version="1"
    )
    (plain,) = RewardModel(policy).review([prompt])
    tokens = VerdictTokens.of(policy.tokenizer)
    ids = [
        *policy.tokenizer(prompt)["input_ids"],
        *policy.tokenizer(plain.critique + "\n")["input_ids"],
        *tokens.prefix,
    ]
    with torch.no_grad():
        logits = policy.model(torch.tensor([ids])).logits[0, -1]
    pair = logits[[tokens.correct, tokens.incorrect]].softmax(0)
    assert plain.p == pytest.approx(pair[0].item(), abs=1e-4)
    shifted = RewardModel(policy, prior_shift={StepKind.QUERY: 1.0}).score([prompt])[0]
    assert log_odds(shifted) == pytest.approx(log_odds(plain.p) + 1.0, abs=1e-3)
    halved = RewardModel(policy, calibration=Calibration(2.0)).score([prompt])[0]
    assert log_odds(halved) == pytest.approx(plain.odds / 2, abs=1e-3)


@pytest.mark.rl
def test_a_policy_is_not_taken_for_a_reward_model(policy_dir: Path) -> None:
    with pytest.raises(BadInput, match="is not a reward model"):
        load_reward_model(policy_dir)


@pytest.mark.rl
def test_a_scoring_job_scores_each_step_once(policy: Policy, tmp_path: Path) -> None:
    policy.save(tmp_path / "rm", {"role": "rm", "prior_shift": {"3": 0.5}})
    (tmp_path / "job.toml").write_text(f'model = "{tmp_path / "rm"}"\nbatch_size = 2\n')
    rows: list[dict[str, Any]] = [
        {
            "step_id": number,
            "kind": 3,
            "prompt": rm_prompt(s.text, [answer(s)], StepKind.CATEGORY, version="1"),
        }
        for number, s in enumerate(SAMPLES[:5])
    ]
    write_jsonl(tmp_path / "steps.jsonl", rows)
    score(tmp_path)
    out = tmp_path / "scores.jsonl"
    rows = read_finished_jsonl(out)
    assert sorted(row["step_id"] for row in rows) == [0, 1, 2, 3, 4]
    assert all(0 < row["p"] < 1 for row in rows)
    out.write_text("".join(out.read_text().splitlines(keepends=True)[:2]) + '{"step')
    score(tmp_path)
    assert sorted(row["step_id"] for row in read_finished_jsonl(out)) == [0, 1, 2, 3, 4]
