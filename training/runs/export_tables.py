"""The training formats; EXPORT_FORMATS in the settings names this table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pyarrow as pa

from annotation.exports.dataset_folder import folder_writer
from annotation.exports.formats import ExportFilter, ExportFormat, Record
from annotation.exports.native import native_records
from annotation.exports.rows import rollout_total
from annotation.exports.writers import jsonl_writer
from training.job.prompts import NEWEST_PROMPT, policy_prompt
from training.rollouts.records import pair_text
from training.runs import export_schemas as schemas
from training.runs import export_views as views
from training.runs.export_notes import waived_judges
from training.runs.export_rows import truth_rows, truth_total, with_scores

_View = Callable[[Iterable[Any]], Iterator[Record]]


def prompt_rows(chosen: ExportFilter) -> Iterator[Record]:
    """TRL prompt-only with the truth in columns, for GRPO-like trainers' reward functions."""
    for pair, truth in truth_rows(chosen):
        values = {kind: row.value for kind, row in truth.items()}
        yield {
            "prompt": policy_prompt(pair_text(pair), version=NEWEST_PROMPT),
            "category": values.get(3),
            "attribute": values.get(4),
            "tier": values.get(5),
            "sources": {str(kind): row.source for kind, row in truth.items()},
            "pair_id": pair.pk,
            "query": pair.query,
            "query_type": pair.query_type,
            "split": pair.split,
        }


def _folder(
    name: str,
    about: str,
    schema: pa.Schema,
    total: Callable[[ExportFilter], int],
    records: Callable[[ExportFilter], Iterator[Record]],
    lint: bool = False,
) -> ExportFormat:
    """A file a split: a trainer that loads ``train`` sees no truth of the test queries."""
    write = folder_writer(f"Stepwise {name}", f"{about}.", schema, ".jsonl")
    return ExportFormat(name, about, "", total, records, write, lint, folder=True)


def _view(
    name: str, about: str, schema: pa.Schema, view: _View, lint: bool = False
) -> ExportFormat:
    def records(chosen: ExportFilter) -> Iterator[Record]:
        return view(native_records(chosen))

    return _folder(name, about, schema, rollout_total, records, lint)


def _native(chosen: ExportFilter) -> Iterator[Record]:
    return with_scores(native_records(chosen))


FORMATS = (
    ExportFormat("native", "decided rollouts with RM scores, JSON lines", ".jsonl",
                 rollout_total, _native, jsonl_writer(schemas.NATIVE), notes=waived_judges),
    _view("sft", "verified rollouts, TRL prompt-completion", schemas.SFT, views.sft_rows),
    _view("preference", "verified and refuted rollouts, TRL preference", schemas.PREFERENCE,
          views.preference_rows, lint=True),
    _view("prm", "decided steps, the columns of trl-lib/math_shepherd", schemas.PRM,
          views.prm_rows, lint=True),
    _view("prm800k", "decided steps, PRM800K", schemas.PRM800K, views.prm800k_rows),
    _view("processbench", "first errors, ProcessBench", schemas.PROCESSBENCH,
          views.processbench_rows),
    _folder("prompts", "pairs with their truth, TRL prompt-only", schemas.PROMPTS, truth_total,
            prompt_rows),
)  # fmt: skip
