"""A run folder alone repeats the run, bit for bit, on a CPU."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from training.job import provenance
from training.job.files import read_finished_jsonl
from training.job.folder import INPUTS
from training.job.provenance import code_version, package_versions, weights_sha256
from training.rl.train import main

pytestmark = pytest.mark.rl


def body(path: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(path.read_text())
    return record


def without_seconds(folder: Path) -> list[dict[str, Any]]:
    rows = read_finished_jsonl(folder / "metrics.jsonl")
    return [{k: v for k, v in row.items() if not k.startswith("seconds")} for row in rows]


def test_the_inputs_and_the_manifest_give_the_same_weights_and_metrics(
    run_dir: Path, policy_dir: Path, tmp_path: Path
) -> None:
    assert main([str(run_dir)]) == 0
    again = tmp_path / "again"
    again.mkdir()
    for name in (*INPUTS, "manifest.json"):
        if (run_dir / name).exists():
            shutil.copy(run_dir / name, again / name)
    assert main([str(again)]) == 0
    first, second = (body(folder / "report.json") for folder in (run_dir, again))
    assert first["model_sha256"] == second["model_sha256"]
    assert first["model_sha256"] == weights_sha256(again / "model")
    assert first["model_sha256"] != weights_sha256(policy_dir)
    assert without_seconds(run_dir) == without_seconds(again)
    assert first["eval_delta"] == second["eval_delta"]
    trainer = body(again / "manifest.json")["trainer"]
    assert trainer == body(run_dir / "manifest.json")["trainer"]
    assert set(trainer["data"]) >= {"run.toml", "train.jsonl", "eval.jsonl", "truth.json"}
    assert trainer["models"]["policy"]["sha256"] == weights_sha256(policy_dir)
    assert len(trainer["code"]["sha256"]) == 64
    assert trainer["packages"]["trl"] == package_versions(["trl"])["trl"]
    assert trainer["seed"] == 0


def test_a_run_is_not_gone_on_with_from_another_policy(
    run_dir: Path, policy_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = {"policy": {"path": str(policy_dir), "sha256": "0" * 64}}
    (run_dir / "manifest.json").write_text(json.dumps({"trainer": {"models": models}}))
    assert main([str(run_dir)]) == 4
    assert "changed since the run started" in capsys.readouterr().err


def test_the_hash_of_the_code_changes_with_a_line_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provenance, "_ROOT", tmp_path)
    code = tmp_path / "training" / "rl" / "x.py"
    code.parent.mkdir(parents=True)
    code.write_text("a = 1\n")
    first = code_version()
    code.write_text("a = 2\n")
    assert code_version()["sha256"] != first["sha256"]
    assert first["commit"] is None


def test_the_commit_is_read_from_a_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provenance, "_ROOT", tmp_path)
    git = tmp_path / ".git"
    git.mkdir()
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "packed-refs").write_text(f"# pack-refs\n{'a' * 40} refs/heads/main\n")
    assert code_version()["commit"] == "a" * 40
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "refs" / "heads" / "main").write_text(f"{'b' * 40}\n")
    assert code_version()["commit"] == "b" * 40
    (git / "HEAD").write_text("c" * 40)
    assert code_version()["commit"] == "c" * 40
