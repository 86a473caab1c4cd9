"""Decided rollouts as a Hugging Face dataset folder."""

from __future__ import annotations

from annotation.exports.dataset_folder import folder_writer
from annotation.exports.formats import ExportFormat
from annotation.exports.native import SCHEMA, native_records
from annotation.exports.rows import rollout_total

_ABOUT = """\
Each row is one model's five-step reasoning about a query and a product, with what
people decided about each step: `steps[].human.verdict` (correct, incorrect), for steps 3 to 5
the true `value`, how it was decided (`source`: consensus or adjudicated) and by how many labels
(`n`, `agreement`). A step nobody decided has no `human`; it is unknown, not wrong."""

FORMATS = (
    ExportFormat(
        "huggingface",
        "decided rollouts, Hugging Face dataset folder",
        "",
        rollout_total,
        native_records,
        folder_writer("Stepwise step labels", _ABOUT, SCHEMA, ".parquet"),
        folder=True,
    ),
)
