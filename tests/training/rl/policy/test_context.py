"""What does not fit into a model is refused with the numbers, or left out and counted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from transformers import GPT2Config

from tests.training.rl.tiny import make_run
from tests.training.rl.zoo import random_policy
from training.job.types import BadInput, Sample
from training.rl.method import dpo
from training.rl.policy.context import fitting, room_check
from training.rl.policy.generate import Decoding, generate, next_token_logits
from training.rl.policy.model import load_policy
from training.rl.policy.run_folder import Run
from training.rl.train import main

pytestmark = pytest.mark.rl
CONTEXT = GPT2Config(n_positions=100)


def ids(*lengths: int) -> list[list[int]]:
    return [[5] * length for length in lengths]


def test_a_prompt_and_its_completion_fill_the_context_at_most() -> None:
    room_check(CONTEXT, ids(60, 40), 40)
    with pytest.raises(BadInput) as refused:
        room_check(CONTEXT, ids(60, 61, 70), 40, "rl.max_tokens")
    assert str(refused.value) == (
        "2 of 3 prompts do not fit: the longest has 70 tokens and rl.max_tokens 40 makes 110, "
        "but the model reads 100. Lower rl.max_tokens to 30, or use a model that reads more"
    )
    with pytest.raises(BadInput, match="Shorten the products' texts, or use"):
        room_check(CONTEXT, ids(100), 40)


def test_examples_over_the_limit_are_left_out_and_counted() -> None:
    groups = {"people": ids(50, 51, 20), "truth": ids(30, 40)}
    assert fitting(CONTEXT, 50, groups, len) == (
        ids(50, 20, 30, 40),
        {"people": 2, "truth": 2, "left_out_too_long": 1},
    )


@pytest.mark.parametrize(
    ("limit", "lengths", "reason"),
    [
        (
            50,
            (60, 70, 20, 20, 20),
            r"2 of 5 .* 50 tokens \(up to 70\): raise fit.max_tokens to 70",
        ),
        (50, (60,), r"1 of 1 examples"),
        (500, (120, 20), r"than 100 tokens \(up to 120\): shorten them, or"),
    ],
)
def test_too_many_examples_over_the_limit_are_refused(
    limit: int, lengths: tuple[int, ...], reason: str
) -> None:
    with pytest.raises(BadInput, match=reason):
        fitting(CONTEXT, limit, {"examples": ids(*lengths)}, len)


def test_a_run_that_would_leave_the_context_ends_before_anything_is_sampled(
    tmp_path: Path, samples: list[Sample], capsys: pytest.CaptureFixture[str]
) -> None:
    policy = random_policy(tmp_path / "policy", "gpt2", max_position_embeddings=64)
    for method, limits, setting in (
        ("srpo", {"rl": {"max_tokens": 60}, "eval": {"max_tokens": 8}}, "rl.max_tokens 60"),
        ("sft", {"rl": {"max_tokens": 8}, "eval": {"max_tokens": 60}}, "eval.max_tokens 60"),
    ):
        folder = tmp_path / method
        make_run(folder, policy, samples, method=method, **limits)
        assert main([str(folder)]) == 4
        assert f"tokens and {setting} makes" in capsys.readouterr().err
        assert not (folder / "explored.jsonl").exists()
        assert not (folder / "predictions_before.jsonl").exists()


def test_every_door_to_a_model_says_when_a_text_is_too_long(tmp_path: Path) -> None:
    policy = load_policy(random_policy(tmp_path, "gpt2", max_position_embeddings=64))
    with pytest.raises(BadInput, match="the model reads 64"):
        generate(policy, ["red shoe"], Decoding(max_tokens=64))
    with pytest.raises(BadInput, match="the model reads 64"):
        next_token_logits(policy, ids(65), [1])


@pytest.mark.parametrize("method", ["sft", "dpo", "rm", "rm_scalar"])
def test_a_run_names_the_examples_it_left_out_or_refuses(
    tmp_path: Path,
    policy_dir: Path,
    samples: list[Sample],
    method: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    uneven = [
        replace(s, text=replace(s.text, title=s.text.title + " new" * 15)) if not i % 8 else s
        for i, s in enumerate(samples)
    ]
    seen: list[Any] = []
    train = dpo._train

    def watched(run: Run, rows: list[dict[str, list[int]]]) -> None:
        seen.extend(rows)
        train(run, rows)

    monkeypatch.setattr(dpo, "_train", watched)
    limit = {"sft": 80, "dpo": 80, "rm": 180, "rm_scalar": 165}[method]
    # dpo: the policy fails on titles it never saw, and the labels say what is right
    fit = {"epochs": 1.0, "batch_size": 16, "max_tokens": limit, "pairs": "pass_at_n"}
    make_run(tmp_path / "run", policy_dir, uneven, method=method, fit=fit)
    assert main([str(tmp_path / "run")]) == 0, capsys.readouterr().err
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    counts = report["samples"] if method in ("sft", "dpo") else report["rm"]
    assert counts["left_out_too_long"] > 0
    assert "left out" in capsys.readouterr().out
    for row in seen:
        assert dpo._length(row) <= limit
    fit["max_tokens"] = 20
    make_run(tmp_path / "small", policy_dir, uneven, method=method, fit=fit)
    assert main([str(tmp_path / "small")]) == 4
    assert "raise fit.max_tokens to" in capsys.readouterr().err
