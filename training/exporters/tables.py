"""The training formats; EXPORT_FORMATS in the settings names this table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from annotation.exporters.formats import ExportFilter, ExportFormat, Record
from annotation.exporters.native import native_records
from annotation.exporters.writers import write_jsonl
from annotation.selectors.exports import rollout_total
from training.exporters import views
from training.prompts import policy_prompt
from training.records import pair_text
from training.selectors.exports import truth_rows, truth_total, with_scores

_View = Callable[[Iterable[Any]], Iterator[Record]]


def prompt_rows(chosen: ExportFilter) -> Iterator[Record]:
    """TRL prompt-only with the truth in columns, for GRPO-like trainers' reward functions."""
    for pair, truth in truth_rows(chosen):
        values = {kind: row.value for kind, row in truth.items()}
        yield {
            "prompt": policy_prompt(pair_text(pair)),
            "category": values.get(3),
            "attribute": values.get(4),
            "tier": values.get(5),
            "sources": {str(kind): row.source for kind, row in truth.items()},
            "pair_id": pair.pk,
            "query": pair.query,
            "query_type": pair.query_type,
            "split": pair.split,
        }


def _of_rollouts(name: str, about: str, view: _View, lint: bool = False) -> ExportFormat:
    def records(chosen: ExportFilter) -> Iterator[Record]:
        return view(native_records(chosen))

    return ExportFormat(name, about, ".jsonl", rollout_total, records, write_jsonl, lint)


FORMATS = (
    _of_rollouts("native", "decided rollouts with RM scores, JSON lines", with_scores),
    _of_rollouts("sft", "verified rollouts, TRL prompt-completion", views.sft_rows),
    _of_rollouts("preference", "verified and refuted rollouts, TRL preference",
                 views.preference_rows, lint=True),
    _of_rollouts("prm", "decided steps, TRL stepwise supervision", views.prm_rows, lint=True),
    _of_rollouts("prm800k", "decided steps, PRM800K", views.prm800k_rows),
    _of_rollouts("processbench", "first errors, ProcessBench", views.processbench_rows),
    ExportFormat("prompts", "pairs with their truth, TRL prompt-only", ".jsonl",
                 truth_total, prompt_rows, write_jsonl),
)  # fmt: skip
