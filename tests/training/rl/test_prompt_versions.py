"""The version of the prompts that a policy reads goes with it into whatever is made of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.training.rl.tiny import answer, label_row, make_run
from training.job.config import load_config
from training.job.files import read_json, write_json, write_jsonl
from training.job.folder import MANIFEST
from training.job.model_folder import model_facts, prompt_version_of
from training.job.prompts import PromptVersion
from training.job.types import BadInput, Sample
from training.reward.rewards import HybridRewards
from training.rl.policy.model import load_policy
from training.rl.policy.run_folder import run_prompt_version
from training.rl.reward_model import rm_method
from training.rl.reward_model.judge import OnBatch, Score
from training.rl.reward_model.model import RewardModel, fit_example, load_reward_model
from training.rl.train import main
from verifier.truth import TruthTable

pytestmark = pytest.mark.rl

LINE = "description: of soft leather\n"
FIT = {"epochs": 0.1, "batch_size": 16, "max_tokens": 256}
Folders = Callable[..., Path]


@pytest.fixture
def folder_of(tmp_path: Path, policy_dir: Path) -> Folders:
    """The tiny policy, saying what ``facts`` are; a folder that says nothing without any."""

    def make(**facts: str) -> Path:
        folder = tmp_path / ("policy-" + "-".join(facts.values()))
        shutil.copytree(policy_dir, folder)
        (folder / "stepwise.json").unlink()
        if facts:
            write_json(folder / "stepwise.json", {"style": "bare", **facts})
        return folder

    return make


@pytest.fixture
def described(samples: list[Sample]) -> list[Sample]:
    return [replace(s, text=replace(s.text, description="of soft leather")) for s in samples]


def test_a_policy_is_asked_as_its_folder_says_and_keeps_that_when_it_is_saved(
    folder_of: Folders, described: list[Sample], tmp_path: Path
) -> None:
    pair = described[0].text
    old, new = load_policy(folder_of(prompt_version="1")), load_policy(folder_of())
    assert (LINE in old.prompt(pair), LINE in new.prompt(pair)) == (False, True)
    for policy, version in ((old, "1"), (new, "2")):
        policy.save(tmp_path / "saved")
        assert load_policy(tmp_path / "saved").prompt_version == version


def test_a_policy_of_an_unknown_version_is_not_loaded(folder_of: Folders) -> None:
    with pytest.raises(BadInput, match="must be one of 1, 2, not '9'"):
        load_policy(folder_of(prompt_version="9"))


def labelled_run(folder: Path, policy: Path, samples: list[Sample], **settings: Any) -> None:
    make_run(folder, policy, samples, fit=FIT, **settings)
    rows = [
        {**label_row(s, wrong), "description": s.text.description}
        for s in samples
        for wrong in (False, True)
    ]
    write_jsonl(folder / "labels.jsonl", rows)


def test_a_reward_model_of_a_version_2_policy_is_fitted_and_asked_with_descriptions(
    folder_of: Folders,
    described: list[Sample],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fitted, reviewed = list[str](), list[str]()
    review = RewardModel.review

    def fitting(tokenizer: Any, example: Any) -> Any:
        fitted.append(example.prompt)
        return fit_example(tokenizer, example)

    def reviewing(self: RewardModel, prompts: list[str], *more: OnBatch) -> list[Score]:
        reviewed.extend(prompts)
        return review(self, prompts, *more)

    monkeypatch.setattr(rm_method, "fit_example", fitting)
    monkeypatch.setattr(RewardModel, "review", reviewing)
    labelled_run(tmp_path / "run", folder_of(prompt_version="2"), described, method="rm")
    assert main([str(tmp_path / "run")]) == 0
    assert fitted
    assert all(LINE in prompt for prompt in fitted + reviewed)
    model = tmp_path / "run" / "model"
    assert model_facts(model)["prompt_version"] == "2"
    reviewed.clear()
    judge = load_reward_model(model)
    HybridRewards(TruthTable(), judge).score(described[:1], [answer(described[0])])
    assert len(reviewed) == 2  # steps 1 and 2
    assert all(LINE in prompt for prompt in reviewed)


@pytest.mark.parametrize("method", ["sft", "rm_scalar"])
def test_what_is_trained_from_a_version_2_policy_reads_version_2(
    method: str, folder_of: Folders, described: list[Sample], tmp_path: Path
) -> None:
    labelled_run(tmp_path / "run", folder_of(prompt_version="2"), described, method=method)
    assert main([str(tmp_path / "run")]) == 0
    assert prompt_version_of(tmp_path / "run" / "model") == "2"
    if method == "rm_scalar":
        assert load_reward_model(tmp_path / "run" / "model").prompt_version == "2"


@pytest.mark.parametrize("version", ["1", "2"])
def test_sft_leaves_out_what_quotes_lines_that_the_prompt_does_not_show(
    version: str, folder_of: Folders, described: list[Sample], tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    policy = folder_of(prompt_version=version)
    make_run(folder, policy, described, method="sft", fit=FIT, prompt_version=version)
    rows = [{**label_row(s, False), "description": s.text.description} for s in described]
    write_jsonl(folder / "labels.jsonl", [*rows, *map(quoting, rows)])
    assert main([str(folder)]) == 0
    counts, n = read_json(folder / "report.json")["samples"], len(rows)
    learned = {"1": (n, n), "2": (2 * n, None)}[version]
    assert (counts["verified_by_people"], counts.get("left_out_unseen")) == learned


def quoting(row: dict[str, Any]) -> dict[str, Any]:
    first, second, *rest = row["steps"]
    return {**row, "steps": [first, f'{second}\ndescription: "of soft leather"', *rest]}


def test_a_run_for_another_version_than_the_folders_is_refused(
    folder_of: Folders, samples: list[Sample], tmp_path: Path, capsys: Any
) -> None:
    folder = tmp_path / "run"
    make_run(folder, folder_of(prompt_version="1"), samples, method="sft", prompt_version="2")
    assert main([str(folder)]) == 4
    assert "reads prompts of version 1 and would be asked with version 2" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("named", "manifest", "version"),
    [
        ("policy", {}, "2"),  # a public model, from now on
        ("1", {}, "1"),  # whose row is older
        ("policy", {"trainer": {}}, "1"),  # started when there was one version
        ("policy", {"prompt_version": "1"}, "1"),  # its snapshot was written then
        ("policy", {"trainer": {"prompt_version": "2"}}, "2"),
        ("policy", {"trainer": {"prompt_version": "1"}}, "1"),
    ],
)
def test_a_run_goes_on_with_the_prompts_that_it_was_started_with(
    folder_of: Folders,
    samples: list[Sample],
    tmp_path: Path,
    named: str,
    manifest: dict[str, Any],
    version: PromptVersion,
) -> None:
    folder = tmp_path / "run"
    make_run(folder, folder_of(), samples, prompt_version=named)
    write_json(folder / MANIFEST, manifest)
    assert run_prompt_version(folder, load_config(folder / "run.toml")) == version
