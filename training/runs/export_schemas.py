"""The columns and types of the training formats (docs/exporting.md)."""

from __future__ import annotations

import pyarrow as pa

from annotation.exports.native import native_schema

_TEXT, _ID, _SMALL = pa.string(), pa.int64(), pa.int8()
_TEXTS = pa.list_(_TEXT)
_PAIR = [("pair_id", _ID), ("query", _TEXT), ("query_type", _TEXT), ("split", _TEXT)]
_ABOUT = [*_PAIR, ("rollout_id", _ID), ("policy", _TEXT)]

NATIVE = native_schema(("rm", pa.struct([("p", pa.float64()), ("version", _TEXT)])))
SFT = pa.schema([("prompt", _TEXT), ("completion", _TEXT), *_ABOUT])
PREFERENCE = pa.schema([
    ("prompt", _TEXT), ("chosen", _TEXT), ("rejected", _TEXT), ("chosen_policy", _TEXT),
    ("rejected_policy", _TEXT), *_PAIR,
])  # fmt: skip
PRM = pa.schema([
    ("prompt", _TEXT), ("completions", _TEXTS), ("labels", pa.list_(pa.bool_())),
    ("kinds", pa.list_(_SMALL)), ("sources", _TEXTS), ("agreement", pa.list_(pa.float64())),
    *_ABOUT,
])  # fmt: skip
_RATED = pa.struct([("text", _TEXT), ("rating", _SMALL), ("flagged", pa.bool_())])
_STEPS = pa.list_(pa.struct([
    ("completions", pa.list_(_RATED)), ("human_completion", _TEXT),
    ("chosen_completion", _SMALL),
]))  # fmt: skip
PRM800K = pa.schema([
    ("generation", _TEXT),
    ("question", pa.struct([
        ("problem", _TEXT), ("ground_truth_answer", _TEXT), ("pre_generated_steps", _TEXTS),
    ])),
    ("label", pa.struct([("steps", _STEPS), ("finish_reason", _TEXT)])),
    *_ABOUT,
])  # fmt: skip
PROCESSBENCH = pa.schema([
    ("id", _TEXT), ("generator", _TEXT), ("problem", _TEXT), ("steps", _TEXTS),
    ("final_answer_correct", pa.bool_()), ("label", pa.int32()), *_ABOUT,
])  # fmt: skip
PROMPTS = pa.schema([
    ("prompt", _TEXT), ("category", _TEXT), ("attribute", _TEXT), ("tier", _TEXT),
    ("sources", pa.struct([("3", _TEXT), ("4", _TEXT), ("5", _TEXT)])), *_PAIR,
])  # fmt: skip
