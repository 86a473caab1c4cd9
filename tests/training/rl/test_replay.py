"""A real run's ledger, rewarded again, gives the advantages that the run trained on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotation.cot.rules import DEFAULT_RULES, parse_rules
from annotation.cot.steps import StepKind
from tests.training.rl.tiny import make_run
from training.job.config import load_config
from training.job.data import read_samples
from training.job.folder import LEDGER, RUN_TOML, TRAIN, TRUTH
from training.job.ledger import ledger_read
from training.job.prompts import PromptVersion
from training.job.types import Sample
from training.reward.reliable import Kappas
from training.reward.replay import Recipe, Replayed
from training.rl.method import rl_method
from training.rl.train import main
from verifier.truth import Truth, TruthTable, dump, load

pytestmark = pytest.mark.rl

RL = {
    "updates": 2, "prompts": 2, "group": 4, "micro_batch": 4, "max_tokens": 90,
    "save_every": 2, "learning_rate": 1e-4,
}  # fmt: skip
SETTINGS: dict[str, dict[str, Any]] = {
    "plain": {},
    "no gate": {"rl": {"gate_final": False, "length_weight": False}},
    "discounted": {"rl": {"gamma": 0.7, "normalise": "pooled", "clamp": 0.8}},
    "shaped": {"rl": {"shaping": "rules"}, "shaping": {"rule_gate": True}},
    "guided and refilled": {"rl": {"replay": True, "dynamic": True, "refill_tries": 1}},
    "noisy": {"rewards": {"label_noise": 0.4}},
    "chances": {"rm": "rm", "rewards": {"rm": "p"}, "rl": {"normalise": "none"}},
    "verdicts": {"rm": "rm"},
    "reward model alone": {"rm": "rm", "rewards": {"source": "rm_only", "rm": "p"}},
    "outcome alone": {"rewards": {"source": "outcome"}},
    "grpo": {"method": "grpo"},
    "agrl": {"method": "agrl"},
}


class Hashed:
    """P(correct) from the prompt alone, many of them nearly equal."""

    prompt_version: PromptVersion = "1"
    kappa: Kappas = {}

    def score(self, prompts: Sequence[str]) -> list[float]:
        drawn = [hashlib.sha256(prompt.encode()).digest()[0] for prompt in prompts]
        return [0.5 + (d - 128) / (256 if d % 2 else 4e6) for d in drawn]


def replay(folder: Path, truths: TruthTable) -> list[Replayed]:
    recipe = Recipe(load_config(folder / RUN_TOML), parse_rules(DEFAULT_RULES), "answer_last")
    samples = {sample.pair_id: sample for sample in read_samples(folder / TRAIN)}
    return list(recipe.groups(ledger_read(folder / LEDGER), truths, samples))


@pytest.mark.parametrize("name", SETTINGS)
def test_under_its_own_release_a_run_is_rewarded_as_it_was(
    tmp_path: Path,
    policy_dir: Path,
    samples: list[Sample],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    given = dict(SETTINGS[name])
    if "rm" in given:
        monkeypatch.setattr(rl_method, "load_judge", lambda *_: Hashed())
        given["rm"] = str(policy_dir)  # the manifest wants the hash of its weights
    given["rl"] = {**RL, **given.get("rl", {})}
    folder = tmp_path / "run"
    make_run(folder, policy_dir, samples, **given)
    assert main([str(folder)]) == 0
    groups = replay(folder, load(folder / TRUTH))
    assert len(groups) == 4
    assert [flip for group in groups for flip in group.flips] == []
    assert max(float(np.abs(group.change).max()) for group in groups) < 1e-6
    assert [(g.signs, g.ranks, g.unheard) for g in groups] == [(0, 0, 0)] * 4
    if name not in ("outcome alone", "guided and refilled"):
        assert any(group.advantages.any() for group in groups)


def test_another_truth_flips_the_rewards_that_it_decides_and_no_others(
    tmp_path: Path, policy_dir: Path, samples: list[Sample]
) -> None:
    folder = tmp_path / "run"
    make_run(folder, policy_dir, samples, rl=RL)
    lines = [json.loads(row) for row in (folder / TRAIN).read_text().splitlines()]
    text = "".join(json.dumps({**row, "context": "c"}) + "\n" for row in lines)
    (folder / TRAIN).write_text(text)
    assert main([str(folder)]) == 0
    truths = load(folder / TRUTH)
    seen = {placed.line.pair_id for placed in ledger_read(folder / LEDGER)}
    pair = min(seen)
    tier = truths.lookup(pair, StepKind.FINAL)
    assert tier is not None
    other = Truth("1" if tier.value != "1" else "4", "adjudicated")
    rows = [(p, StepKind(k), Truth(v, s)) for p, k, v, s, *_ in truths.rows()]
    groups = replay(folder, TruthTable([*rows, (pair, StepKind.FINAL, other)]))
    flips = {(g.placed.line.pair_id, f.kind) for g in groups for f in g.flips}
    assert flips <= {(pair, 5)}
    for group in groups:
        line = group.placed.line
        for flip in group.flips:
            claimed = line.texts[line.which[flip.rollout]].strip().splitlines()[-1]
            assert (flip.after == 1.0) == (claimed == f"tier: {other.value}")
            assert flip.source_after in ("adjudicated", "format")
        if line.pair_id != pair:
            assert group.moved < 1e-6
    assert dump(truths) == (folder / TRUTH).read_text()
