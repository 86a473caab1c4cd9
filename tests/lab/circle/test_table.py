"""The circle's report as text."""

from __future__ import annotations

from typing import Any

from lab.circle.table import table

EVAL: dict[str, Any] = {
    "n": 10, "macro_f1": 0.5, "macro_f1_interval": [0.4, 0.6], "kappa_quadratic": 0.3,
    "accuracy": 0.6, "parse_rate": 1.0,
}  # fmt: skip
REPORT: dict[str, Any] = {
    "pairs": {"created": 10},
    "rollouts": {"sampled": 4},
    "step_labels": 20,
    "resolutions": {"consensus": 5},
    "ground_truth": {"consensus": 3},
    "rm": {
        "train": 90,
        "held_out": {"n": 30, "accuracy": 0.75, "by_kind": {"3": {"n": 6, "auc": None}}},
    },
    "eval_before": EVAL,
    "eval_after": EVAL | {"macro_f1": 0.58},
    "eval_delta": {"macro_f1": 0.08, "interval": [0.02, 0.14]},
    "human_share": 0.615,
    "disagreements_opened": 2,
    "seconds": 61.2,
}


def test_the_gain_and_the_share_of_human_rewards_are_printed() -> None:
    text = "\n".join(table(REPORT))
    assert "+0.080 [+0.020, +0.140]" in text
    assert "61.5%" in text


def test_an_undefined_alpha_is_said_and_not_shown_as_a_number() -> None:
    rows = [{"kind": 3, "alpha": None, "n_items": 1}]
    assert any("undefined" in line for line in table(REPORT | {"agreement": rows}))


def test_the_reward_model_is_shown_a_step_at_a_time() -> None:
    lines = list(table(REPORT))
    assert "reward model, held out      n 30  accuracy 0.750" in lines
    assert "  step 3                    n 6  auc undefined" in lines


def test_the_rater_ceiling_and_both_alphas_appear_when_real_raters_were_replayed() -> None:
    more = {
        "rater_ceiling": {"macro_f1": 0.61, "kappa_quadratic": 0.7},
        "alpha_from_file": {"here": 0.75, "file": 0.75, "level": "ordinal"},
    }
    text = "\n".join(table(REPORT | more))
    assert "0.610" in text
    assert "here 0.750000  from the file 0.750000" in text


def test_the_point_that_validation_chose_is_named() -> None:
    curve = {"kept": 15, "by": "kappa_quadratic", "pairs": 430, "queries": 16}
    line = "policy kept                 of update 15, by kappa_quadratic on 430 pairs of 16"
    assert f"{line} validation queries" in list(table(REPORT | {"curve": curve}))
    assert "policy kept" not in "\n".join(table(REPORT | {"curve": None}))


def test_what_was_asked_once_is_printed() -> None:
    audit = {"n": 4, "share": 0.25, "interval": [0.05, 0.7]}
    once = {
        "labels_saved": 120, "reuse_share_kind_1": 0.8, "reuse_share_kind_2": None,
        "audit_contradiction": audit,
    }  # fmt: skip
    lines = list(table(REPORT | {"asked_once": once}))
    assert "labels saved                120" in lines
    assert ["step", "1,", "reused", "80.0%"] in [line.split() for line in lines]
    assert ["step", "2,", "reused", "unknown"] in [line.split() for line in lines]
    assert "  audit contradicts         n 4  share 0.250" in lines


def test_what_else_answers_the_test_pairs_is_printed_under_the_policy() -> None:
    row = {
        "name": "catalogue writer", "quadratic kappa": 0.688, "interval": [0.5, 0.8],
        "Good F1": 0.773, "three-tier F1": 0.6, "macro F1": 0.448,
    }  # fmt: skip
    text = "\n".join(table(REPORT | {"beside": [row]}))
    assert "0.688 [0.500, 0.800]" in text
    assert "catalogue writer" in text
