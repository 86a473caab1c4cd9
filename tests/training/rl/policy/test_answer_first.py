"""TaoSR1 end to end with the tiny policy: answer-first SFT, pass@N DPO, first-token scores."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from annotation.cot.steps import StepKind, parse
from tests.training.rl.tiny import answer, make_run, make_samples, pair_row
from training.job.files import read_finished_jsonl
from training.job.types import BadInput, Sample
from training.rl.measure.serve_score import THRESHOLD_FILE, TierScorer, main, tier_tokens
from training.rl.method.layouts import relayout
from training.rl.policy.model import Policy, load_policy
from training.rl.train import main as train

pytestmark = pytest.mark.rl
SAMPLE = make_samples()[1]


@pytest.fixture(scope="module")
def taught(
    tmp_path_factory: pytest.TempPathFactory, policy_dir: Path, samples: list[Sample]
) -> Path:
    """A run that taught the tiny policy to answer first."""
    folder = tmp_path_factory.mktemp("first") / "run"
    make_run(
        folder, policy_dir, samples, method="sft", layout="answer_first",
        fit={"epochs": 10.0, "batch_size": 8, "max_tokens": 256, "learning_rate": 3e-3},
    )  # fmt: skip
    assert train([str(folder)]) == 0
    return folder


def test_another_layout_keeps_every_step_and_the_claim_alone_of_the_answer() -> None:
    text = answer(SAMPLE).replace("tier: 4", "all is well\ntier: 4")
    first = relayout(text, "answer_last", "answer_first")
    assert first is not None
    assert first.startswith("## 5 final judgment\ntier: 4\n## 1 query analysis\n")
    before = {step.kind: step.body for step in parse(text)}
    after = {step.kind: step.body for step in parse(first, "answer_first")}
    assert after == {**before, StepKind.FINAL: "tier: 4"}
    assert relayout("no cot", "answer_last", "answer_first") is None


def test_sft_teaches_the_policy_to_answer_first(taught: Path) -> None:
    policy = load_policy(taught / "model")
    assert policy.layout == "answer_first"
    texts = [row["text"] for row in read_finished_jsonl(taught / "predictions_after.jsonl")]
    assert sum(text.startswith("## 5 final judgment\ntier: ") for text in texts) >= 12  # of 16
    assert json.loads((taught / "eval_after.json").read_text())["parse_rate"] >= 0.75


def test_an_answer_first_policy_is_trained_in_its_layout_with_replay(
    tmp_path: Path, taught: Path, samples: list[Sample]
) -> None:
    folder = tmp_path / "run"
    rl = {"updates": 1, "prompts": 2, "group": 4, "micro_batch": 8, "max_tokens": 90,
          "replay": True, "replay_below": 1.0}  # fmt: skip
    make_run(folder, taught / "model", samples, rl=rl, eval={"limit": 2, "bootstrap": 10})
    assert train([str(folder)]) == 0
    (row,) = read_finished_jsonl(folder / "metrics.jsonl")
    assert row["parse_rate"] >= 0.5
    assert load_policy(folder / "model").layout == "answer_first"


def test_only_sft_can_teach_another_layout(
    tmp_path: Path, policy_dir: Path, samples: list[Sample], capsys: Any
) -> None:
    make_run(tmp_path / "run", policy_dir, samples, method="grpo", layout="answer_first")
    assert train([str(tmp_path / "run")]) == 4
    assert "method sft can teach it answer_first" in capsys.readouterr().err


def test_pass_at_n_pairs_have_a_chosen_text_even_where_every_try_failed(
    tmp_path: Path, policy_dir: Path, samples: list[Sample], capsys: Any
) -> None:
    folder = tmp_path / "run"
    make_run(
        folder, policy_dir, samples, method="dpo",
        fit={"epochs": 1.0, "batch_size": 16, "max_tokens": 256, "pairs": "pass_at_n"},
    )  # fmt: skip
    (folder / "labels.jsonl").unlink()
    assert train([str(folder)]) == 0
    report = json.loads((folder / "report.json").read_text())
    assert len(report["pass_at"]) == 4
    assert report["pass_at"] == sorted(report["pass_at"])
    counts = report["samples"]
    assert counts["preferences"] == counts["chosen_own"] + counts.get("chosen_guided", 0)
    assert "pass@1..N 0." in capsys.readouterr().out


def served(model: Path, rows: list[dict[str, Any]], monkeypatch: Any, *options: str) -> int:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    return main([str(model), *options])


def test_a_tuned_threshold_scores_pairs_from_their_first_token(
    taught: Path, samples: list[Sample], monkeypatch: Any, capsys: Any
) -> None:
    model = taught / "model"
    rows = [pair_row(sample) for sample in samples]
    assert served(model, rows[:2], monkeypatch) == 4  # before it was tuned
    assert "--tune" in capsys.readouterr().err
    assert served(model, rows, monkeypatch, "--tune") == 0
    threshold = json.loads((model / THRESHOLD_FILE).read_text())
    assert threshold["n"] == 48
    assert threshold["macro_f1"] >= threshold["argmax_macro_f1"] - 0.05
    capsys.readouterr()
    assert served(model, rows, monkeypatch, "--batch-size", "7") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["pair_id"] for line in lines] == [sample.pair_id for sample in samples]
    assert all(abs(sum(line["probabilities"].values()) - 1) < 1e-5 for line in lines)
    assert {line["band"] for line in lines} <= {"good", "mid", "bad"}


def test_the_score_is_what_the_policy_itself_would_write_first(
    taught: Path, samples: list[Sample]
) -> None:
    policy = load_policy(taught / "model")
    rows = TierScorer(policy).probabilities([s.text for s in samples if s.split == "test"])
    likeliest = ["4321"[row.index(max(row))] for row in rows]
    written = read_finished_jsonl(taught / "predictions_after.jsonl")
    pairs = [(a, b["tier"]) for a, b in zip(likeliest, written, strict=True) if b["tier"]]
    assert len(pairs) >= 12
    assert all(a == b for a, b in pairs)


def test_a_policy_that_answers_last_is_refused(policy: Policy) -> None:
    with pytest.raises(BadInput, match="writes its answer last"):
        TierScorer(policy)


def test_the_tiers_differ_in_one_token_each(policy: Policy) -> None:
    prefix, tokens = tier_tokens(policy)
    before = policy.tokenizer.decode(prefix)
    assert before.startswith("## 5 final judgment\ntier:")
    assert [policy.tokenizer.decode([token]).strip() for token in tokens] == [
        "4",
        "3",
        "2",
        "1",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [('{"threshold": 2.0}', "above 0 and at most 1"), ("{}", "not what --tune wrote")],
)
def test_a_damaged_threshold_is_refused(
    taught: Path, tmp_path: Path, text: str, message: str
) -> None:
    from training.rl.measure.serve_score import read_tuned

    (tmp_path / THRESHOLD_FILE).write_text(text)
    with pytest.raises(BadInput, match=message):
        read_tuned(tmp_path)
