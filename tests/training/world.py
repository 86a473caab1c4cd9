"""Rows to train on: a project with truth for every pair, made without the annotation pages."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from django.utils import timezone

from annotation.cot.steps import StepKind, parse, render, step_hashes
from annotation.labelling.rollouts import rollout_record
from annotation.models import Pair, Project, QueueItem, Resolution, Rollout
from tests.factories import make_pair, make_product
from training.disagreements.disagreements import disagreements_open
from training.disagreements.select import disagreements_listed
from training.job.ledger import LedgerLine
from training.models import (
    Checkpoint,
    Disagreement,
    RmAppointment,
    StepScore,
    TrainingRun,
)
from training.runs.thresholds import thresholds_clear
from verifier.models import GroundTruth, VerifierRelease
from verifier.services.release import release_cut

HERE = Path(__file__).parent
GOOD = {3: "match", 4: "all", 5: "4"}


def stand_in(name: str, *arguments: str) -> str:
    """A launcher that runs a small script in place of the trainer."""
    return " ".join([sys.executable, str(HERE / name), *arguments])


def model_folder_make(folder: Path, **config: Any) -> Path:
    """A folder that looks like a model's from outside: a configuration, and one tensor."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    header = b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
    weights = len(header).to_bytes(8, "little") + header + bytes(8)
    (folder / "model.safetensors").write_bytes(weights)
    return folder


def gone(pid: int, seconds: float = 20) -> bool:
    """Whether the process has ended; a killed orphan may take a moment, or stay a zombie."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        state = subprocess.run(
            ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout.strip()
        if not state or state.startswith("Z"):
            return True
        time.sleep(0.05)
    return False


def pair_make(project: Project, query: str, title: str, split: str = "train") -> Pair:
    chair = make_product(
        project,
        title,
        external_id=title,
        category_path="Home > Chairs",
        attributes=[["Color", "red"], ["Color", "blue"], ["Size", "M"]],
    )
    return make_pair(project, query, chair, split)


def cot(tier: str = "4", category: str = "match", attribute: str = "all") -> str:
    return render(
        {
            StepKind.QUERY: "wants a chair",
            StepKind.ITEM: "is a chair",
            StepKind.CATEGORY: f"chair and chair\ncategory: {category}",
            StepKind.ATTRIBUTE: f"red and red\nattribute: {attribute}",
            StepKind.FINAL: f"fits\ntier: {tier}",
        }
    )


def policy_make(
    path: str = "/models/policy", name: str = "policy", version: str = "1"
) -> Checkpoint:
    return Checkpoint.objects.create(name=name, path=path, prompt_version=version)


def rm_make(path: str = "/models/rm", name: str = "rm", version: str = "1") -> Checkpoint:
    return Checkpoint.objects.create(
        name=name, path=path, kind=Checkpoint.Kind.RM, prompt_version=version
    )


def rollout_make(
    pair: Pair, text: str | None = None, index: int = 0, layout: str = "answer_last"
) -> Rollout:
    return rollout_record(
        pair=pair,
        text=cot() if text is None else text,
        policy="policy",
        prompt_version="1",
        sample_index=index,
        temperature=1.0,
        seed=0,
        max_tokens=200,
        finish="stop",
        layout=layout,
    )


def resolve(rollout: Rollout, verdicts: dict[int, str]) -> QueueItem:
    """A closed item whose steps people decided."""
    item = QueueItem.objects.create(
        project=rollout.pair.project,
        rollout=rollout,
        overlap=2,
        kinds=sorted(verdicts),
        state=QueueItem.State.RESOLVED,
    )
    for kind, verdict in verdicts.items():
        Resolution.objects.create(
            item=item,
            pair=rollout.pair,
            kind=kind,
            verdict=verdict,
            value=GOOD.get(kind, ""),
            source=Resolution.Source.CONSENSUS,
            n=2,
            agreement=1.0,
        )
    return item


def truth_make(
    pair: Pair, source: str = "consensus", kinds: tuple[int, ...] = (3, 4, 5)
) -> None:
    for kind in kinds:
        GroundTruth.objects.create(
            project=pair.project, pair=pair, kind=kind, value=GOOD[kind], source=source
        )


def release_make(project: Project) -> VerifierRelease:
    return release_cut(project=project, empty=True)


def run_make(project: Project, method: str = "srpo", **values: Any) -> TrainingRun:
    policy = values.pop("policy", None) or policy_make()
    release = values.pop("release", None) or release_make(project)
    return TrainingRun.objects.create(
        project=project, method=method, policy=policy, release=release, **values
    )


def ledger_line(pair: Pair, update: int, **values: Any) -> LedgerLine:
    """Two rollouts of a pair in one update: one right on steps 3-5, one wrong on the tier."""
    texts = [cot(), cot(tier="3")]
    right: list[float | None] = [None, None, 1.0, 1.0, 1.0]
    wrong: list[float | None] = [None, None, 1.0, 1.0, 0.0]
    up: list[float | None] = [0.5] * 5
    down: list[float | None] = [-0.5] * 5
    fields: dict[str, Any] = {
        "update": update, "pair_id": str(pair.pk), "texts": texts, "which": [0, 1],
        "errors": [None, None], "steps": [hashes_of(pair, text) for text in texts],
        "rewards": [right, wrong],
        "sources": [[None, None, "consensus", "consensus", "consensus"]] * 2,
        "p": [[None] * 5] * 2, "z": [[0.0] * 4 + [0.5], [0.0] * 4 + [-0.5]],
        "advantages": [up, down], "masked": [[1, 1, 0, 0, 0]] * 2, "unfilled": False,
    }  # fmt: skip
    return LedgerLine(**{**fields, **values})


def hashes_of(pair: Pair, text: str) -> list[str | None]:
    return list(step_hashes(pair.content_hash, text, parse(text)).values())


def trainable(project: Project) -> tuple[Pair, Pair]:
    """One training and one held-out pair, both with all their truths; no thresholds."""
    thresholds_clear(project=project)
    pairs = (
        pair_make(project, "red chair", "chair one"),
        pair_make(project, "blue chair", "chair two", split="test"),
    )
    for pair in pairs:
        truth_make(pair)
    return pairs


def appointed(project: Project, rm: Checkpoint) -> Checkpoint:
    """In charge from now on, whoever was before."""
    rows = RmAppointment.objects.filter(project=project, until=None)
    if not rows.filter(rm=rm).exists():
        rows.update(until=timezone.now())
        RmAppointment.objects.create(project=project, rm=rm)
    return rm


def differences(project: Project, rm: Checkpoint) -> list[Disagreement]:
    """Whatever is listed for the model in charge, after the listing has run."""
    appointed(project, rm)
    disagreements_open(project=project)
    return list(disagreements_listed(project=project, rm=rm))


def score(rollout: Rollout, rm: Checkpoint, p_by_kind: dict[int, float]) -> None:
    for kind, p in p_by_kind.items():
        StepScore.objects.create(step=rollout.steps.get(kind=kind), rm=rm, p=p)


def disputed(
    project: Project, rm: Checkpoint, name: str, p: dict[int, float], verdicts: dict[int, str]
) -> Rollout:
    rollout = rollout_make(pair_make(project, name, name))
    resolve(rollout, verdicts)
    score(rollout, rm, p)
    return rollout
