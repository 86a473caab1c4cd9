"""The training formats as views of the native record. Pure.

How a label becomes a target is written down in docs/exporting.md; unknown is never a target.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from annotation.cot.steps import StepKind
from training.job.prompts import NEWEST_PROMPT, PROMPT_VERSIONS, PairText, policy_prompt

Record = Mapping[str, Any]

PREFERENCES_A_PAIR = 4  # more of one pair repeat each other


def prompt_of(record: Record) -> str:
    """What the policy was asked (training.job.prompts, style bare); in the newest version what
    another writer wrote, who was asked in words of its own."""
    merged: dict[str, str] = {}
    for attribute in record["attributes"]:
        name, value = attribute["name"], attribute["value"]
        merged[name] = f"{merged[name]}, {value}" if name in merged else value
    version = next((v for v in PROMPT_VERSIONS if v == record["prompt_version"]), NEWEST_PROMPT)
    return policy_prompt(
        PairText(
            record["query"],
            record["title"],
            record["category_path"],
            merged,
            record["description"],
        ),
        version=version,
    )


def verdicts_of(record: Record) -> list[bool | None]:
    """Per step in the order of the text: correct, incorrect, or None for undecided."""
    known = {"correct": True, "incorrect": False}
    return [known.get((step["human"] or {}).get("verdict", "")) for step in record["steps"]]


def outcome_of(record: Record) -> bool | None:
    """True: the final step was decided correct and no step incorrect. False: the final step was
    decided incorrect. None: neither, or the text does not parse."""
    verdicts = dict(
        zip((step["kind"] for step in record["steps"]), verdicts_of(record), strict=True)
    )
    final = verdicts.get(int(StepKind.FINAL))
    if record["parse_error"] or final is None:
        return None
    if not final:
        return False
    return None if False in verdicts.values() else True


def whole(verdicts: Sequence[bool | None]) -> bool:
    """All five steps are there and were decided correct."""
    return len(verdicts) == len(StepKind) and all(verdicts)


def sft_rows(records: Iterable[Record]) -> Iterator[dict[str, Any]]:
    """TRL prompt-completion: the rollouts that people verified."""
    for record in records:
        if outcome_of(record):
            yield {"prompt": prompt_of(record), "completion": record["text"], **about(record)}


def preference_rows(records: Iterable[Record]) -> Iterator[dict[str, Any]]:
    """TRL preference: verified against refuted rollouts of a pair (TaoSR1's pass@N pairs).
    ``records`` must hold a pair's rollouts in a row."""
    for _, group in groupby(records, key=lambda record: record["pair_id"]):
        rows = list(group)
        chosen = [row for row in rows if outcome_of(row)]
        rejected = [row for row in rows if outcome_of(row) is False]
        for good, bad in list(zip(chosen, rejected, strict=False))[:PREFERENCES_A_PAIR]:
            yield {
                "prompt": prompt_of(good),
                "chosen": good["text"],
                "rejected": bad["text"],
                "chosen_policy": good["policy"],
                "rejected_policy": bad["policy"],
                **{name: good[name] for name in ("pair_id", "query", "query_type", "split")},
            }


def prm_rows(records: Iterable[Record]) -> Iterator[dict[str, Any]]:
    """Stepwise supervision, as trl-lib/math_shepherd has it: the steps before the first
    undecided one, in text order."""
    for record in records:
        verdicts = verdicts_of(record)
        known = verdicts.index(None) if None in verdicts else len(verdicts)
        if not known:
            continue
        steps = record["steps"][:known]
        yield {
            "prompt": prompt_of(record),
            "completions": [step["text"] for step in steps],
            "labels": verdicts[:known],
            "kinds": [step["kind"] for step in steps],
            "sources": [step["human"]["source"] for step in steps],
            "agreement": [step["human"]["agreement"] for step in steps],
            **about(record),
        }


def prm800k_rows(records: Iterable[Record]) -> Iterator[dict[str, Any]]:
    """One line a solution (Lightman et al. 2023): ratings 1 and -1, null when undecided.
    ``finish_reason`` is null unless an error was found or all five steps are right."""
    ratings = {True: 1, False: -1, None: None}
    for record in records:
        verdicts = verdicts_of(record)
        steps = [
            {
                "completions": [
                    {"text": step["text"], "rating": ratings[verdict], "flagged": False}
                ],
                "human_completion": None,
                "chosen_completion": None if verdict is None else 0,
            }
            for step, verdict in zip(record["steps"], verdicts, strict=True)
        ]
        yield {
            "generation": record["policy"],
            "question": {
                "problem": prompt_of(record),
                "ground_truth_answer": record["tier"] or None,
                "pre_generated_steps": [step["text"] for step in record["steps"]],
            },
            "label": {
                "steps": steps,
                "finish_reason": _finish(verdicts),
            },
            **about(record),
        }


def processbench_rows(records: Iterable[Record]) -> Iterator[dict[str, Any]]:
    """ProcessBench: ``label`` is the index of the first incorrect step, -1 when there is none.
    Only rollouts whose steps up to that one were all decided, all five where none is wrong.
    ``final_answer_correct`` is null where nobody decided step 5 or the text lacks it."""
    for record in records:
        verdicts = verdicts_of(record)
        wrong = verdicts.index(False) if False in verdicts else -1
        if None in verdicts[:wrong] if wrong >= 0 else not whole(verdicts):
            continue
        final = [v for s, v in zip(record["steps"], verdicts, strict=True) if s["kind"] == 5]
        yield {
            "id": f"stepwise-{record['rollout_id']}",
            "generator": record["policy"],
            "problem": prompt_of(record),
            "steps": [step["text"] for step in record["steps"]],
            "final_answer_correct": final[0] if final else None,
            "label": wrong,
            **about(record),
        }


def _finish(verdicts: Sequence[bool | None]) -> str | None:
    if False in verdicts:
        return "found_error"
    return "solution" if whole(verdicts) else None


def about(record: Record) -> dict[str, Any]:
    """Columns that say where a row comes from; trainers ignore them."""
    names = ("pair_id", "rollout_id", "policy", "query", "query_type", "split")
    return {name: record[name] for name in names}
