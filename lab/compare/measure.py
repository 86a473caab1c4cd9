"""What is read off a finished cell."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from annotation.cot.steps import StepKind, parse_partial
from lab.compare.arms import Arm
from lab.compare.benchmark import right_steps
from lab.compare.cells import Lab
from training.job.config import load_config
from training.job.data import sample_of
from training.job.files import read_finished_jsonl, read_json, write_json
from training.job.folder import (
    LAST,
    MANIFEST,
    METRICS,
    REPORT,
    RUN_TOML,
    predictions_file,
)
from training.job.methods import METHODS
from training.job.prompts import rm_prompt
from training.reward.rewards import StepScorer
from training.rl.measure.bootstrap import query_tables
from training.rl.measure.classification import Counts
from training.rl.measure.curve import read_curve

HACK_GAP = "hack_gap.json"
GAP_PAIRS = 120  # pairs whose steps the reward model judges again


@dataclass(frozen=True, slots=True)
class CellResult:
    """``steps`` = share of right steps by kind on the main test set; ``hack_gap`` = how much
    more the reward model's opinion rose in training than the truth did, at the best point and
    after the last update, None without one; ``completions`` = all that training drew;
    ``code`` = the hash of the sources that trained it, "" where it was not kept."""

    tables: Mapping[str, Counts]  # by test set, (Q, 4, 5)
    parse_rate: float
    steps: Mapping[str, float]
    hack_gap: float | None
    hack_gap_last: float | None
    completions: int
    curve: Sequence[Mapping[str, Any]]
    report: Mapping[str, Any]
    code: str = ""


def read_cell(lab: Lab, arm: Arm, seed: int) -> CellResult:
    """Raises OSError for a cell that has not been run."""
    folder = lab.folder(arm.name, seed)
    report = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    tiers, texts = _predictions(folder / predictions_file("after"))
    rows = {row["pair_id"]: row for row in lab.benchmark.held_out}
    tables = {}
    for name, ids in lab.benchmark.tests.items():
        truths = [rows[i]["truth"]["5"]["value"] for i in ids]
        queries = [rows[i]["query"] for i in ids]
        tables[name] = query_tables(queries, truths, [tiers[i] for i in ids])
    main = next(iter(lab.benchmark.tests.values()))
    gaps = read_json(folder / HACK_GAP) or {}
    return CellResult(
        tables=tables,
        parse_rate=float(np.mean([tiers[i] is not None for i in main])),
        steps=_step_shares(lab, texts, main),
        hack_gap=gaps.get("gap"),
        hack_gap_last=gaps.get("gap_last"),
        completions=completions_drawn(folder),
        curve=read_curve(folder),
        report=report,
        code=_trained_by(folder / MANIFEST),
    )


def completions_drawn(folder: Path) -> int:
    """Of all updates, with what was refilled or guided; 0 for what is no RL."""
    config = load_config(folder / RUN_TOML)
    if not METHODS[config.method].reads_key("rl.prompts"):
        return 0
    each = config.rl.prompts * config.rl.group
    rows = read_finished_jsonl(folder / METRICS)
    return sum(int(row["sampled"]) if row.get("sampled") is not None else each for row in rows)


def _trained_by(manifest: Path) -> str:
    body = json.loads(manifest.read_text(encoding="utf-8"))
    return str(body.get("trainer", {}).get("code", {}).get("sha256", ""))


def _predictions(path: Path) -> tuple[dict[str, str | None], dict[str, str]]:
    rows = read_finished_jsonl(path)
    return {r["pair_id"]: r["tier"] for r in rows}, {r["pair_id"]: r["text"] for r in rows}


def _step_shares(lab: Lab, texts: Mapping[str, str], ids: Sequence[str]) -> dict[str, float]:
    rows = {row["pair_id"]: row for row in lab.benchmark.held_out}
    verdicts: dict[StepKind, list[bool]] = {}
    for i in ids:
        right = right_steps(rows[i], lab.benchmark.bodies.get(i, {}), texts.get(i, ""))
        for kind, ok in right.items():
            verdicts.setdefault(kind, []).append(ok)
    return {str(int(kind)): float(np.mean(values)) for kind, values in verdicts.items()}


def measure_hack_gap(lab: Lab, arm: Arm, seed: int, judge: StepScorer) -> None:
    """Write hack_gap.json: mean P(correct) minus the share of right steps, after minus before;
    ``gap`` of the best point, ``gap_last`` of the last update. The judge is the arm's own
    reward model where it has one: what it learned to please.

    Above 0 the policy learned to please the reward model more than to be right.
    """
    folder = lab.folder(arm.name, seed)
    ids = next(iter(lab.benchmark.tests.values()))[:GAP_PAIRS]
    body: dict[str, Any] = {"pairs": len(ids)}
    for moment in ("before", "after", LAST):
        if not (folder / predictions_file(moment)).exists():
            continue
        _, texts = _predictions(folder / predictions_file(moment))
        opinion, truth = _opinion_and_truth(lab, texts, ids, judge)
        body |= {f"rm_{moment}": opinion, f"true_{moment}": truth}
    for name, moment in (("gap", "after"), ("gap_last", LAST)):
        if f"rm_{moment}" in body:
            rose = body[f"rm_{moment}"] - body["rm_before"]
            body[name] = rose - (body[f"true_{moment}"] - body["true_before"])
    write_json(folder / HACK_GAP, body)


def _opinion_and_truth(
    lab: Lab, texts: Mapping[str, str], ids: Sequence[str], judge: StepScorer
) -> tuple[float, float]:
    rows = {row["pair_id"]: row for row in lab.benchmark.held_out}
    prompts: list[str] = []
    right: list[bool] = []
    for i in ids:
        text = texts[i]
        known = right_steps(rows[i], lab.benchmark.bodies.get(i, {}), text)
        seen: list[str] = []
        for step in parse_partial(text):
            seen.append(text[step.start : step.end])
            if step.kind in known:
                pair = sample_of(rows[i]).text
                prompts.append(rm_prompt(pair, seen, step.kind, version=judge.prompt_version))
                right.append(known[step.kind])
    if not prompts:
        return 0.0, 0.0
    return float(np.nanmean(judge.score(prompts))), float(np.mean(right))
