"""What the cells of a seed share: its pool with the start policy's rollouts, and what a reward
model thinks of them. Everything is kept in files, and made once."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w

from annotation.cot.steps import OPEN_KINDS, STRUCTURED_KINDS, parse_partial
from lab.campaign.asking import PoolPair
from lab.campaign.settings import CampaignConfig
from lab.compare.benchmark import Row, judged_rollout, pair_id, sample_row
from lab.sample.generate import SamplePair, generate
from lab.sample.trace import reference_bodies
from training.job.config import parse_config
from training.job.data import sample_of
from training.job.files import read_finished_jsonl, write_jsonl, write_text
from training.job.folder import EXPLORED, LABELS, MODEL, REPORT, RUN_TOML, TRUTH
from training.job.model_folder import prompt_version_of
from training.job.prompts import PairText, PromptVersion, rm_prompt
from training.rl.policy.model import load_policy
from training.rl.policy.run_folder import Run
from training.rl.reward_model.model import load_reward_model
from training.rl.select.explore import explored_texts
from training.rl.train import train
from training.scoring.priority import PairGroup
from verifier.truth import TruthTable, dump

SCORES = "scores.jsonl"


@dataclass(frozen=True, slots=True)
class CampaignWorld:
    """The campaign's folder, its settings, and the policy that every order starts from."""

    out: Path
    config: CampaignConfig
    policy: Path

    def folder(self, seed: int, *parts: str) -> Path:
        return self.out.joinpath("cells", str(seed), *parts)


def pool(world: CampaignWorld, seed: int) -> list[PoolPair]:
    """The pairs of a seed with the groups that the orders look at."""
    pairs = random.Random(seed).sample(_train()[world.config.rm_pairs :], world.config.pool)
    rows = [sample_row(pair) for pair in pairs]
    texts = explored(world, rows, world.folder(seed, "start"), seed)
    return groups(world, rows, texts, world.folder(seed, "start"))


def test_rows(world: CampaignWorld) -> list[Row]:
    """Held-out pairs of queries that no pool has."""
    pairs = [pair for pair in generate(seed=0).pairs if pair.split == "test"]
    return [sample_row(p) for p in random.Random(0).sample(pairs, world.config.test_pairs)]


def _train() -> list[SamplePair]:
    pairs = [pair for pair in generate(seed=0).pairs if pair.split == "train"]
    random.Random(0).shuffle(pairs)
    return pairs


def explored(
    world: CampaignWorld, rows: Sequence[Row], folder: Path, seed: int
) -> dict[str, list[str]]:
    """The start policy's rollouts of these pairs."""
    folder.mkdir(parents=True, exist_ok=True)
    config = parse_config(written(world.config.run(), world.policy, seed))
    samples = [sample_of(row) for row in rows]
    if len(read_finished_jsonl(folder / EXPLORED)) < len(samples):
        explored_texts(
            Run(folder, config, TruthTable(), samples, [], load_policy(config.policy))
        )
    return {row["pair_id"]: row["texts"] for row in read_finished_jsonl(folder / EXPLORED)}


def reward_model(world: CampaignWorld) -> Path:
    """The folder of one model for all seeds, of judged pairs that no order pays for."""
    folder = world.out / "rm"
    if not (folder / REPORT).exists():
        pairs = _train()[: world.config.rm_pairs]
        rows = [sample_row(pair) for pair in pairs]
        texts = explored(world, rows, folder, seed=0)
        bodies = {pair_id(p): reference_bodies(p.query, p.product) for p in pairs}
        judged = [
            judged_rollout(row, bodies[row["pair_id"]], texts[row["pair_id"]][0])
            for row in rows
        ]
        write_jsonl(folder / LABELS, [row for row in judged if row])
        write_text(folder / TRUTH, dump(TruthTable()))
        write_text(folder / RUN_TOML, written(world.config.rm(), world.policy, 0))
        train(folder)
    return folder / MODEL


def groups(
    world: CampaignWorld, rows: Sequence[Row], texts: Mapping[str, Sequence[str]], folder: Path
) -> list[PoolPair]:
    """Claims and prefixes of the rollouts, and P(correct) of their steps 3 to 5."""
    judge = reward_model(world)
    version = prompt_version_of(judge)
    read = {row["pair_id"]: _read(row, texts[row["pair_id"]], version) for row in rows}
    prompts = {p for steps in read.values() for step in steps for p in step["prompts"].values()}
    if len(known := _scores(folder)) < len(prompts):
        due = sorted(prompts - known.keys())
        scored = load_reward_model(judge).score(due)
        known |= dict(zip(due, scored, strict=True))
        write_jsonl(folder / SCORES, [{"prompt": p, "p": known[p]} for p in sorted(known)])
    return [PoolPair(row, _group(read[row["pair_id"]], known)) for row in rows]


def _scores(folder: Path) -> dict[str, float]:
    return {row["prompt"]: row["p"] for row in read_finished_jsonl(folder / SCORES)}


def _read(row: Row, texts: Sequence[str], version: PromptVersion) -> list[dict[str, Any]]:
    return [_steps(sample_of(row).text, text, version) for text in texts]


def _steps(pair: PairText, text: str, version: PromptVersion) -> dict[str, Any]:
    claims, prefixes, prompts, seen = {}, {}, {}, list[str]()
    for step in parse_partial(text):
        seen.append(text[step.start : step.end])
        if step.kind in OPEN_KINDS:
            prefixes[int(step.kind)] = "\n".join(seen)
        if step.kind in STRUCTURED_KINDS and step.value is not None:
            claims[int(step.kind)] = step.value
            prompts[int(step.kind)] = rm_prompt(pair, seen, step.kind, version=version)
    return {"claims": claims, "prefixes": prefixes, "prompts": prompts}


def _group(steps: Sequence[Mapping[str, Any]], known: Mapping[str, float]) -> PairGroup:
    return PairGroup(
        claims=[step["claims"] for step in steps],
        hashes=[step["prefixes"] for step in steps],
        chances=[
            {kind: known[p] for kind, p in step["prompts"].items() if known[p] == known[p]}
            for step in steps
        ],
    )


def written(body: Mapping[str, Any], policy: Path, seed: int) -> str:
    """run.toml."""
    return tomli_w.dumps({**body, "policy": str(policy), "seed": seed})
