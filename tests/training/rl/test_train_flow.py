"""Whole runs over a run folder, with the tiny policy."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from annotation.cot.steps import OPEN_KINDS
from tests.training.rl.tiny import label_row, make_run, pair_row, write_run_toml
from training.job.checkpoints import mark_complete, newest_checkpoint
from training.job.files import read_finished_jsonl, write_jsonl
from training.job.model_folder import model_facts
from training.job.types import Sample
from training.reward.reliable import doubted
from training.rl.base.callbacks import RunCallback
from training.rl.policy.model import load_policy
from training.rl.reward_model.model import load_reward_model
from training.rl.train import main
from verifier.truth import TruthTable, dump

pytestmark = pytest.mark.rl

METRICS = {
    "step", "total_steps", "stage", "reward", "reward_step_1", "reward_step_2",
    "reward_step_3", "reward_step_4", "reward_step_5", "kl", "entropy", "length",
    "zero_variance", "parse_rate", "human_share", "loss", "grad_norm", "learning_rate",
    "seconds", "seconds_generation", "seconds_reward", "distinct", "rm_score", "verified",
    "alarms", "reused", "share_adjudicated", "share_consensus", "share_gold", "share_implied",
    "share_silver",
    "share_rm", "share_quote",
}  # fmt: skip


def report_of(folder: Path) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return body


def test_an_srpo_run_leaves_everything_the_formats_promise(run_dir: Path) -> None:
    assert main([str(run_dir)]) == 0
    report = report_of(run_dir)
    assert report["updates"] == 3
    assert set(report["eval_delta"]) == {"macro_f1", "interval"}
    assert report["step_reward_sources"]["consensus"] > 0
    assert 0 < report["human_share"] <= 1
    by_kind = report["step_reward_sources_by_kind"]
    assert (
        sum(table.get("consensus", 0) for table in by_kind.values())
        == (report["step_reward_sources"]["consensus"])
    )
    assert sum(report["samples"].values()) == 32
    rows = read_finished_jsonl(run_dir / "metrics.jsonl")
    assert [row["step"] for row in rows] == [1, 2, 3]
    assert set(rows[0]) == METRICS
    assert rows[0]["reward_step_1"] is None  # no reward model: masked, not 0
    assert json.loads((run_dir / "eval_after.json").read_text())["n"] == 16
    assert load_policy(run_dir / "model").layout == "answer_last"
    assert model_facts(run_dir / "model")["prompt_version"] == "1"
    trainer = json.loads((run_dir / "manifest.json").read_text())["trainer"]
    assert "trl" in trainer["packages"]
    assert trainer["prompt_version"] == "1"


def test_a_finished_run_is_not_run_again(run_dir: Path) -> None:
    (run_dir / "report.json").write_text("{}")
    assert main([str(run_dir)]) == 0
    assert not (run_dir / "model").exists()


def test_a_cancelled_run_saves_and_goes_on_when_asked_again(
    run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = RunCallback.on_log

    def cancel_after_one(self: RunCallback, *args: Any, **kwargs: Any) -> None:
        inner(self, *args, **kwargs)
        (run_dir / "CANCEL").touch()

    monkeypatch.setattr(RunCallback, "on_log", cancel_after_one)
    assert main([str(run_dir)]) == 3
    # the log of update 1 comes after its end, so CANCEL is seen at the end of update 2
    assert newest_checkpoint(run_dir) == str(run_dir / "checkpoints" / "checkpoint-2")
    assert not (run_dir / "report.json").exists()
    (run_dir / "CANCEL").unlink()
    monkeypatch.setattr(RunCallback, "on_log", inner)
    assert main([str(run_dir)]) == 0
    rows = read_finished_jsonl(run_dir / "metrics.jsonl")
    assert [row["step"] for row in rows] == [1, 2, 3]


@pytest.mark.parametrize("method", ["srpo", "ppo"])
def test_a_resumed_run_ends_where_the_straight_one_does(
    tmp_path: Path,
    policy_dir: Path,
    samples: list[Sample],
    monkeypatch: pytest.MonkeyPatch,
    method: str,
) -> None:
    straight, broken = tmp_path / "straight", tmp_path / "broken"
    make_run(straight, policy_dir, samples, method=method)
    make_run(broken, policy_dir, samples, method=method)
    assert main([str(straight)]) == 0
    inner = RunCallback.on_step_begin

    def crash_in_third(self: RunCallback, args: Any, state: Any, *rest: Any, **kw: Any) -> None:
        if state.global_step == 2:
            raise MemoryError
        inner(self, args, state, *rest, **kw)

    monkeypatch.setattr(RunCallback, "on_step_begin", crash_in_third)
    with pytest.raises(MemoryError):
        main([str(broken)])
    monkeypatch.setattr(RunCallback, "on_step_begin", inner)
    assert main([str(broken)]) == 0
    for name in ("metrics.jsonl", "predictions_after.jsonl"):
        first, second = (read_finished_jsonl(folder / name) for folder in (straight, broken))
        for row in first + second:
            for spent in ("seconds", "seconds_generation", "seconds_reward"):
                row.pop(spent, None)
        assert first == second
    assert (
        report_of(straight)["step_reward_sources"] == report_of(broken)["step_reward_sources"]
    )


def test_a_killed_process_resumes_with_no_step_twice(run_dir: Path) -> None:
    text = (
        (run_dir / "run.toml")
        .read_text()
        .replace('"updates": 3', "")
        .replace("updates = 3", "updates = 200")
    )
    (run_dir / "run.toml").write_text(text)
    command = [sys.executable, "-m", "training.rl.train", str(run_dir)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    checkpoints = run_dir / "checkpoints"
    deadline = time.monotonic() + 120
    while not newest_checkpoint(run_dir) and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    done = int(Path(newest_checkpoint(run_dir) or "").name.split("-")[1])
    assert done < 200
    assert checkpoints.is_dir()
    (run_dir / "run.toml").write_text(text.replace("updates = 200", f"updates = {done + 2}"))
    assert main([str(run_dir)]) == 0
    steps = [row["step"] for row in read_finished_jsonl(run_dir / "metrics.jsonl")]
    assert steps == sorted(set(steps))
    assert steps[-1] >= done + 2


def test_a_half_written_checkpoint_is_not_used(tmp_path: Path) -> None:
    for step in (2, 10, 12):
        (tmp_path / "checkpoints" / f"checkpoint-{step}").mkdir(parents=True)
    assert newest_checkpoint(tmp_path) is None
    for step in (2, 10):
        mark_complete(tmp_path / "checkpoints" / f"checkpoint-{step}", {})
    assert newest_checkpoint(tmp_path) == str(tmp_path / "checkpoints" / "checkpoint-10")


@pytest.mark.parametrize("method", ["grpo", "sft", "dpo"])
def test_the_other_policy_methods_run_over_the_same_folder(
    tmp_path: Path, policy_dir: Path, samples: list[Sample], method: str
) -> None:
    make_run(tmp_path / "run", policy_dir, samples, method=method)
    assert main([str(tmp_path / "run")]) == 0
    report = report_of(tmp_path / "run")
    assert report["method"] == method
    assert "eval_delta" in report
    assert read_finished_jsonl(tmp_path / "run" / "metrics.jsonl")[-1]["loss"] is not None


def test_the_reward_model_learns_from_labels_and_then_rewards_the_open_steps(
    tmp_path: Path, policy_dir: Path, samples: list[Sample]
) -> None:
    make_run(tmp_path / "rm", policy_dir, samples, method="rm")
    assert main([str(tmp_path / "rm")]) == 0
    report = report_of(tmp_path / "rm")["rm"]["held_out"]
    assert set(report["by_kind"]) == {"1", "2", "3", "4", "5"}
    assert 0 <= report["accuracy"] <= 1
    model = str(tmp_path / "rm" / "model")
    judge = load_reward_model(model)
    assert judge.prior_shift
    assert set(doubted(judge.kappa, 0.4, OPEN_KINDS)) == set(OPEN_KINDS), "it has seen little"
    make_run(tmp_path / "silent", policy_dir, samples, rm=model)
    assert main([str(tmp_path / "silent")]) == 0
    assert "rm" not in report_of(tmp_path / "silent")["step_reward_sources"]
    make_run(tmp_path / "srpo", policy_dir, samples, rm=model, rewards={"least_kappa": -1.0})
    assert main([str(tmp_path / "srpo")]) == 0
    assert report_of(tmp_path / "srpo")["step_reward_sources"]["rm"] > 0
    first = read_finished_jsonl(tmp_path / "srpo" / "metrics.jsonl")[0]
    assert 0 <= first["reward_step_1"] <= 1


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("run.toml", "method = 'srpo'", "'policy' must name a model folder"),
        ("run.toml", "policy = '/nowhere'", "holds no Hugging Face model"),
        ("truth.json", '{"rows": [], "sha256": ""}', "sha256 differs"),
        ("train.jsonl", "", "no pairs to train on"),
        ("train.jsonl", "{", "train.jsonl line 1: not JSON"),
        ("eval.jsonl", "", "nothing to evaluate on"),
    ],
)
def test_bad_input_is_one_line_and_code_four(
    run_dir: Path, capsys: pytest.CaptureFixture[str], file: str, text: str, message: str
) -> None:
    (run_dir / file).write_text(text)
    assert main([str(run_dir)]) == 4
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_an_input_changed_after_the_snapshot_is_refused(
    run_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (run_dir / "manifest.json").write_text(json.dumps({"inputs": {"train.jsonl": "0" * 64}}))
    assert main([str(run_dir)]) == 4
    assert "train.jsonl: changed since the snapshot" in capsys.readouterr().err


def test_a_query_in_both_splits_is_refused(
    run_dir: Path, samples: list[Sample], capsys: pytest.CaptureFixture[str]
) -> None:
    write_jsonl(run_dir / "eval.jsonl", [pair_row(samples[0])])
    assert main([str(run_dir)]) == 4
    assert "would not be held out" in capsys.readouterr().err


def test_labels_of_one_verdict_cannot_train_a_reward_model(
    run_dir: Path, policy_dir: Path, samples: list[Sample], capsys: pytest.CaptureFixture[str]
) -> None:
    write_run_toml(run_dir, {"method": "rm", "policy": str(policy_dir)})
    write_jsonl(run_dir / "labels.jsonl", [label_row(samples[0], False)])
    assert main([str(run_dir)]) == 4
    assert "nothing to tell apart" in capsys.readouterr().err


def test_prompts_that_are_never_mixed_leave_nothing_to_learn(
    run_dir: Path, samples: list[Sample], capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{**pair_row(s), "truth": {}} for s in samples if s.split == "train"]
    write_jsonl(run_dir / "train.jsonl", rows)
    (run_dir / "truth.json").write_text(dump(TruthTable()))
    assert main([str(run_dir)]) == 4
    assert "nothing to learn from" in capsys.readouterr().err


def test_usage_without_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 4
    assert "usage" in capsys.readouterr().err
