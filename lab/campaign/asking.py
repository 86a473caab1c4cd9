"""Which pairs an order asks about, and what people answer. Pure."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from annotation.cot.readings import most_frequent
from annotation.cot.steps import STRUCTURED_KINDS, StepKind
from lab.compare.benchmark import Row
from lab.simulate.judge import HeldTruth, NoisyJudge
from training.scoring.expected import expected_change
from training.scoring.priority import (
    PairGroup,
    claim_entropy,
    flip_risk,
    least_sure,
)

KINDS = [int(kind) for kind in STRUCTURED_KINDS]
Worth = Callable[[PairGroup, int], float]  # of the group when this rollout is shown


@dataclass(frozen=True, slots=True)
class PoolPair:
    """A pair with its group: what a queue item is about."""

    row: Row
    group: PairGroup

    @property
    def pair(self) -> str:
        return str(self.row["pair_id"])


def pairs_in_order(
    pool: Sequence[PoolPair], order: str, seed: int, *, stage: int, per_query: int
) -> list[PoolPair]:
    """Every pair of the pool, those to ask first in front: one item a pair, at most
    ``per_query`` of a query in a stage of ``stage`` items; ties by the seed's hash."""
    worth = _worths(pool)[order]
    ranked = sorted(
        pool,
        key=lambda each: (
            -worth(each.group, most_frequent(each.group.claims)),
            _hash(seed, each),
        ),
    )
    twice = 2 if order == "asks_twice" else 1
    chosen: list[PoolPair] = []
    while ranked:
        queries: Counter[str] = Counter()
        batch: list[PoolPair] = []
        for each in ranked:
            if len(batch) * twice < stage and queries[each.row["query"]] < per_query:
                queries[each.row["query"]] += 1
                batch.append(each)
        taken = {each.pair for each in batch}
        ranked = [each for each in ranked if each.pair not in taken]
        chosen += [each for each in batch for _ in range(twice)]
    return chosen


def _worths(pool: Sequence[PoolPair]) -> Mapping[str, Worth]:
    claimed = claim_shares(pool)
    return {
        "random": lambda group, row: 0.0,
        "claim_entropy": lambda group, row: claim_entropy(group),
        "asks_twice": lambda group, row: claim_entropy(group),
        "uncertainty": lambda group, row: least_sure(group, row, KINDS),
        "flip_risk": lambda group, row: flip_risk(group, row, KINDS),
        "expected_change": lambda group, row: expected_change(group, row, KINDS, claimed, {}),
    }


def claim_shares(pool: Sequence[PoolPair]) -> dict[int, dict[str, float]]:
    """How often the policy claims each value: what stands for the classes' prior before
    anything is labelled."""
    counts = {kind: Counter[str]() for kind in KINDS}
    for each in pool:
        for claims in each.group.claims:
            for kind, value in claims.items():
                counts[kind][value] += 1
    return {kind: {v: n / c.total() for v, n in c.items()} for kind, c in counts.items()}


def answers(chosen: Sequence[PoolPair], noise: float, seed: int) -> list[Row]:
    """The pairs, each once, with what people say of them; of two answers the later counts.

    A pair's first answer is the same under every order.
    """
    told: dict[str, Row] = {}
    times: Counter[str] = Counter()
    for each in chosen:
        times[each.pair] += 1
        judge = NoisyJudge(noise, _hash(seed + times[each.pair], each))
        values = {StepKind(int(k)): str(t["value"]) for k, t in each.row["truth"].items()}
        truth = HeldTruth(values, {})
        told[each.pair] = each.row | {
            "truth": {
                str(int(kind)): {
                    "value": judge.answer(kind, "step", "", truth).value,
                    "source": "consensus",
                }
                for kind in values
            }
        }
    return list(told.values())


def _hash(seed: int, each: PoolPair) -> int:
    return zlib.crc32(f"{seed}|{each.pair}".encode())
