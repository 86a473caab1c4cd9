"""What the arms are compared on: pairs, truths, judged rollouts, held-out sets."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annotation.cot.steps import STRUCTURED_KINDS, VALUES, ParsedStep, StepKind, parse_partial
from lab.sample.generate import SamplePair, generate
from lab.sample.trace import reference_bodies
from lab.sample.world import TrueClaims
from lab.sample.writers import pair_row
from lab.simulate.judge import same_lines
from verifier.truth import TruthTable, truth_of

Row = dict[str, Any]
SEED_POLICY = Path(__file__).resolve().parents[2] / "training" / "seed_policy"


@dataclass(frozen=True, slots=True)
class Benchmark:
    """``tests`` maps a test set's name to its pair ids, the first being the main one;
    ``bodies`` holds the right text of the open steps where it is known, ``references`` judged
    rollouts not of the policy, ``ceiling`` a sentence about the best there is."""

    name: str
    policy: Path
    train: list[Row]
    held_out: list[Row]
    dev: list[Row]
    tests: Mapping[str, list[str]]
    bodies: Mapping[str, Mapping[StepKind, str]] = field(default_factory=dict)
    references: list[Row] = field(default_factory=list)
    ceiling: str = ""

    def truths(self) -> TruthTable:
        """The training pairs' truths; held-out truths never reach a reward."""
        return TruthTable(
            (row["pair_id"], *truth_of(kind, entry["value"], entry["source"]))
            for row in self.train
            for kind, entry in row["truth"].items()
        )


def sample_benchmark(
    train_pairs: int = 480, a_type: int = 84, wild_pairs: int = 240, dev_pairs: int = 240
) -> Benchmark:
    """The built-in sample: training pairs with true values, and two test sets that share no
    query, nor one with anything else.

    *balanced* has ``a_type`` pairs of every query type, *wild* at most ``wild_pairs`` with the
    tiers of real traffic (``TRAFFIC``). The curve is drawn on the validation split, and what is
    chosen is chosen there.
    """
    split: dict[str, list[SamplePair]] = defaultdict(list)
    for pair in generate(seed=0).pairs:
        split[pair.split].append(pair)
    train = random.Random(0).sample(split["train"], min(train_pairs, len(split["train"])))
    first, second = _halves(split["test"])
    balanced = _of_types(first, dict.fromkeys(_TYPES, a_type))
    wild = _of_tiers(second, wild_pairs)
    held_out = {pair_id(p): p for p in [*balanced, *wild]}
    return Benchmark(
        name="the built-in sample",
        policy=SEED_POLICY,
        train=[sample_row(pair) for pair in train],
        held_out=[sample_row(pair) for pair in held_out.values()],
        dev=[sample_row(pair) for pair in split["val"][:dev_pairs]],
        tests={
            "balanced": [pair_id(p) for p in balanced],
            "wild": [pair_id(p) for p in wild],
        },
        bodies={pair_id(p): _open_bodies(p) for p in [*train, *held_out.values()]},
    )


# the shares of the tiers in TaoSR1's test set, drawn from a shop's logs
TRAFFIC = {"4": 0.50, "3": 0.05, "2": 0.36, "1": 0.09}
_TYPES = ("general", "negation", "alternatives", "qa", "knowledge")


def pair_id(pair: SamplePair) -> str:
    return f"{pair.query.text}|{pair.product.product_id}"


def sample_row(pair: SamplePair) -> Row:
    """A pair record with its three true values."""
    row = pair_row(pair, with_truth=False)
    return row | {"pair_id": pair_id(pair), "truth": _truth(pair.truth)}


def _truth(truth: TrueClaims) -> Row:
    values = (truth.category, truth.attribute, truth.tier)
    return {
        str(int(kind)): {"value": value, "source": "consensus"}
        for kind, value in zip(STRUCTURED_KINDS, values, strict=True)
    }


def _open_bodies(pair: SamplePair) -> dict[StepKind, str]:
    bodies = reference_bodies(pair.query, pair.product)
    return {kind: bodies[kind] for kind in (StepKind.QUERY, StepKind.ITEM)}


def _halves(pairs: Sequence[SamplePair]) -> tuple[list[SamplePair], list[SamplePair]]:
    """Whole queries, those of each type in turns."""
    place: dict[str, dict[str, int]] = defaultdict(dict)
    for pair in pairs:
        of_type = place[pair.query.query_type]
        of_type.setdefault(pair.query.text, len(of_type))
    sides: tuple[list[SamplePair], list[SamplePair]] = [], []
    for pair in pairs:
        sides[place[pair.query.query_type][pair.query.text] % 2].append(pair)
    return sides


def _of_tiers(pairs: Sequence[SamplePair], limit: int) -> list[SamplePair]:
    """As many as have the tiers of ``TRAFFIC``, drawn from all queries alike."""
    by_tier: dict[str, list[SamplePair]] = defaultdict(list)
    for pair in pairs:
        by_tier[pair.truth.tier].append(pair)
    fits = min(int(len(by_tier[tier]) / share) for tier, share in TRAFFIC.items())
    rng = random.Random(0)
    chosen = [
        pair
        for tier, share in TRAFFIC.items()
        for pair in rng.sample(by_tier[tier], round(share * min(limit, fits)))
    ]
    return sorted(chosen, key=pairs.index)


def _of_types(pairs: Sequence[SamplePair], wanted: Mapping[str, int]) -> list[SamplePair]:
    """The first pairs of each query type; the sample lists pairs query by query."""
    left, chosen = dict(wanted), []
    for pair in pairs:
        if left.get(pair.query.query_type, 0) > 0:
            left[pair.query.query_type] -= 1
            chosen.append(pair)
    return chosen


def right_steps(row: Row, bodies: Mapping[StepKind, str], text: str) -> dict[StepKind, bool]:
    """Which steps of a CoT are right, for every kind whose truth is known. A step that the
    text lacks is wrong."""
    steps = {step.kind: step for step in parse_partial(text)}
    right: dict[StepKind, bool] = {}
    for kind in StepKind:
        step = steps.get(kind)
        if kind in VALUES:
            truth = row["truth"].get(str(int(kind)))
            if truth:
                right[kind] = step is not None and step.value == truth["value"]
        elif kind in bodies:
            right[kind] = step is not None and same_lines(step.body, bodies[kind])
    return right


def judged_rollout(
    row: Row, bodies: Mapping[StepKind, str], text: str, place: int = 0
) -> Row | None:
    """A line of labels.jsonl for a rollout that parses: what people would say of its steps;
    ``place`` is that among the pair's rollouts."""
    steps = whole_steps(text)
    if steps is None:
        return None
    right = right_steps(row, bodies, text)
    verdicts = {kind: "correct" if ok else "incorrect" for kind, ok in right.items()}
    values = {kind: str(entry["value"]) for kind, entry in row["truth"].items()}
    line = label_line(row, text, steps, verdicts, values)
    return line | {"rollout_id": f"{line['rollout_id']}#{place}"} if place else line


def whole_steps(text: str) -> dict[StepKind, ParsedStep] | None:
    """All five steps of a CoT, None for a text that lacks one."""
    steps = {step.kind: step for step in parse_partial(text)}
    return steps if len(steps) == len(StepKind) else None


def label_line(
    row: Row,
    text: str,
    steps: Mapping[StepKind, ParsedStep],
    verdicts: Mapping[StepKind, str],
    values: Mapping[str, str],
) -> Row:
    """One line of labels.jsonl (docs/formats.md)."""
    return row | {
        "rollout_id": row["pair_id"],
        "steps": [text[steps[kind].start : steps[kind].end] for kind in StepKind],
        "verdicts": {str(int(kind)): verdict for kind, verdict in verdicts.items()},
        "values": dict(values),
    }


def share_of(rows: Sequence[Row], share: float, seed: int) -> list[Row]:
    """Whole queries, the smaller share within the larger."""
    queries = sorted({row["query"] for row in rows})
    random.Random(seed).shuffle(queries)
    kept = set(queries[: max(2, round(share * len(queries)))])
    return [row for row in rows if row["query"] in kept]


BENCHMARKS: dict[str, Callable[[], Benchmark]] = {
    "sample": sample_benchmark,
    "tiny": lambda: sample_benchmark(train_pairs=10, a_type=4, wild_pairs=12, dev_pairs=4),
}
