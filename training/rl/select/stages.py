"""The stages of a curriculum: a pool cut by difficulty, and the updates of a part. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf

from training.job.config import CurriculumConfig
from training.job.shuffle import shuffle_key
from training.rl.select.sampling import Prompt

_TYPE, _TIER = 0, 1  # places in Prompt.cell


@dataclass(frozen=True, slots=True)
class Stage:
    """``balance`` is the place in ``Prompt.cell`` whose values are served in turn; None draws
    from the whole pool. ``validation`` are the held-out prompts of the same difficulty."""

    pool: list[Prompt]
    validation: list[Prompt]
    updates: int
    balance: int | None

    def cell(self, prompt: Prompt) -> str:
        return "" if self.balance is None else prompt.cell[self.balance]


def stage_plan(
    pool: Sequence[Prompt],
    validation: Sequence[Prompt],
    config: CurriculumConfig,
    updates: int,
    seed: int,
) -> list[Stage]:
    """The stages in the order they are trained; their ``updates`` add up to ``updates``.

    A part keeps its balance and its share of the updates in whichever place ``config.order``
    puts it, so that two orders differ in the order alone. ``random`` puts a seeded hash in the
    place of the difficulty; ``none`` is one stage without balance.
    """
    if config.order == "none":
        return [Stage(list(pool), list(validation), updates, None)]
    if config.stages == 1:
        return [Stage(list(pool), list(validation), updates, _TYPE)]
    n = config.stages
    at_random = config.order == "random"
    ranked = sorted(_rank(prompt, seed, at_random) for prompt in pool)
    cuts = [config.split_quantile] if n == 2 else [part / n for part in range(1, n)]
    borders = [-inf, *(ranked[min(int(q * len(ranked)), len(ranked) - 1)] for q in cuts), inf]

    def part(prompts: Sequence[Prompt], number: int) -> list[Prompt]:
        low, high = borders[number], borders[number + 1]
        return [p for p in prompts if low <= _rank(p, seed, at_random) <= high]

    lengths = _lengths(n, updates, config.first_share)
    stages = [
        Stage(
            part(pool, number) or list(pool),
            part(validation, number),
            lengths[number],
            _TYPE if number < n / 2 else _TIER,
        )
        for number in range(n)
    ]
    return stages[::-1] if config.order == "hard_to_easy" else stages


def hold_out(
    pool: Sequence[Prompt], count: int, seed: int
) -> tuple[list[Prompt], list[Prompt]]:
    """(rest, held out): ``count`` prompts by a seeded hash, at most a fifth of the pool."""
    count = min(count, len(pool) // 5)
    order = sorted(pool, key=lambda prompt: shuffle_key(seed, f"gate {prompt.sample.pair_id}"))
    return order[count:], order[:count]


def _rank(prompt: Prompt, seed: int, at_random: bool) -> float:
    if not at_random:
        return prompt.difficulty
    key = shuffle_key(seed, f"order {prompt.sample.pair_id}")
    return int.from_bytes(key[:6], "big") / 2**48


def _lengths(stages: int, updates: int, first_share: float) -> list[int]:
    """Updates a part, easiest first: ``first_share`` of them, then equal shares of the rest."""
    first = round(updates * first_share)
    rest = updates - first
    ends = [first + round(rest * part / (stages - 1)) for part in range(stages)]
    return [first, *(b - a for a, b in pairwise(ends))]
