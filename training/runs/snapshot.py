"""The run folder of docs/formats.md: everything a run reads, frozen before it starts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

from annotation.cot.steps import StepKind
from annotation.models import Pair, Project
from training.job.files import read_json, write_json, write_jsonl, write_text
from training.job.folder import (
    EVAL,
    LABELS,
    MANIFEST,
    RULES,
    RUN_TOML,
    TRAIN,
    TRUTH,
    input_hashes,
)
from training.job.provenance import package_versions
from training.models import TrainingRun
from training.rollouts.pair_choice import pairs_choose, pairs_spread
from training.rollouts.records import pair_record
from training.runs.label_rows import label_rows
from training.runs.run_config import DataOptions, run_toml
from training.runs.waivers import waiver_lines
from verifier.models import GroundTruth
from verifier.truth import parse_table

# kind as text -> {"value", "source"}
Truths = dict[str, dict[str, str]]


def run_folder(run: TrainingRun) -> Path:
    return Path(run.run_dir) if run.run_dir else Path(settings.RUNS_DIR) / f"run-{run.pk}"


def snapshot_build(*, run: TrainingRun, on_row: Callable[[], None] = lambda: None) -> Path:
    """Write the folder; one that is complete is left alone, so a restart sees the same data.

    ``on_row`` is called between rows and may raise to stop (a lost lease).

    Raises:
        ValueError: the run has no release.
    """
    folder = run_folder(run)
    if (read_json(folder / MANIFEST) or {}).get("inputs"):
        return folder
    if run.release is None:
        raise ValueError("the run has no verifier release")
    folder.mkdir(parents=True, exist_ok=True)
    options = DataOptions.of(run.config)
    human, silver = _truth_tables(run.release.payload)
    rows = {
        TRAIN: write_jsonl(
            folder / TRAIN,
            _pairs(run.project, "train", options.train_limit, human, silver, False, on_row),
        ),
        EVAL: write_jsonl(
            folder / EVAL,
            _pairs(
                run.project, options.eval_split, options.eval_limit, human, silver, True, on_row
            ),
        ),
        LABELS: write_jsonl(
            folder / LABELS, label_rows(run.release, options.eval_split, on_row)
        ),
    }
    write_text(folder / TRUTH, run.release.payload)
    write_text(folder / RULES, run.project.rules)
    write_text(folder / RUN_TOML, run_toml(run))
    write_json(folder / MANIFEST, _manifest(run, folder, rows))
    return folder


def _truth_tables(payload: str) -> tuple[dict[str, Truths], dict[str, Truths]]:
    """(gold and human, silver) by pair id."""
    human: dict[str, Truths] = defaultdict(dict)
    silver: dict[str, Truths] = defaultdict(dict)
    for pair_id, kind, value, source, _resolution in parse_table(payload).rows():
        table = silver if source == GroundTruth.Source.SILVER else human
        table[pair_id][str(kind)] = {"value": value, "source": source}
    return human, silver


def _pairs(
    project: Project,
    split: str,
    limit: int,
    human: dict[str, Truths],
    silver: dict[str, Truths],
    tier_required: bool,
    on_row: Callable[[], None],
) -> Iterator[dict[str, Any]]:
    """The records of the pairs that the run works with."""
    pairs = Pair.objects.filter(project=project, split=split).order_by("pk")
    tier = str(int(StepKind.FINAL))

    def known(pk: int) -> bool:
        truths = human.get(str(pk), {})
        return tier in truths if tier_required else bool(truths or silver.get(str(pk)))

    rows = pairs.values_list("pk", "query").iterator()
    choose = pairs_choose if tier_required else pairs_spread
    chosen = [pk for pk, _ in choose((row for row in rows if known(row[0])), limit)]
    for start in range(0, len(chosen), 500):
        rows_by_pk = Pair.objects.select_related("product").in_bulk(chosen[start : start + 500])
        for pk in chosen[start : start + 500]:
            on_row()
            key = str(pk)
            yield {
                **pair_record(rows_by_pk[pk]),
                "truth": human.get(key, {}),
                "silver": silver.get(key, {}),
            }


def _manifest(run: TrainingRun, folder: Path, rows: dict[str, int]) -> dict[str, Any]:
    release = run.release
    return {
        "run": run.pk,
        "project": run.project.slug,
        "release": release and {"number": release.number, "sha256": release.sha256},
        "rows": rows,
        "inputs": input_hashes(folder),
        "prompt_version": run.policy.prompt_version,
        "guideline_version": run.project.guideline_version,
        "packages": package_versions(),
        "waivers": waiver_lines(run),
    }
