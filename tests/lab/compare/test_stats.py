"""How often the comparison is wrong, simulated. A trial is an arm that is no better: S seeds on
Q queries, a score each, made of the seed's luck, the query's, and both together."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lab.compare.stats import crossed_interval, paired_p

QUERIES, TRIALS = 40, 1500
Scores = NDArray[np.float64]  # (S, Q)
# (spread of seeds, of queries, of both together), as differences of an arm from another
WORLDS = {
    "seeds differ": (0.05, 0.0, 0.05),
    "queries differ": (0.005, 0.3, 0.05),
    "both differ": (0.05, 0.3, 0.3),
}


def trials(world: str, seeds: int) -> list[Scores]:
    seed, query, both = WORLDS[world]
    rng = np.random.default_rng(7)
    return [
        rng.normal(0, seed, (seeds, 1))
        + rng.normal(0, query, (1, QUERIES))
        + rng.normal(0, both, (seeds, QUERIES))
        for _ in range(TRIALS)
    ]


def resampled(scores: Scores, draws: int = 200) -> Scores:
    """The seeds' mean over resampled queries."""
    rng = np.random.default_rng(1)
    chosen = rng.integers(0, QUERIES, (draws, QUERIES))
    means: Scores = scores.mean(0)[chosen].mean(1)
    return means


def bootstrapped(scores: Scores, draws: int = 200) -> Scores:
    """Both resampled: what the comparison did before."""
    rng = np.random.default_rng(1)
    queries = rng.integers(0, QUERIES, (draws, QUERIES))
    seeds = rng.integers(0, len(scores), (draws, len(scores)))
    of_seeds: Scores = scores[:, queries].mean(2)
    means: Scores = np.take_along_axis(of_seeds, seeds.T, 0).mean(0)
    return means


def misses(intervals: list[tuple[float, float]]) -> float:
    return float(np.mean([not low <= 0 <= high for low, high in intervals]))


@pytest.mark.parametrize("seeds", [3, 8])
def test_the_t_over_seeds_is_wrong_one_time_in_twenty(seeds: int) -> None:
    values = [scores.mean(1) for scores in trials("seeds differ", seeds)]
    rate = np.mean([(paired_p(each) or 0) < 0.05 for each in values])
    assert rate == pytest.approx(0.05, abs=0.017)  # 3 errors of a share of 1,500


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("seeds", [3, 8])
def test_the_interval_misses_at_most_one_time_in_twenty(world: str, seeds: int) -> None:
    given = [
        crossed_interval(scores.mean(1), resampled(scores), QUERIES)
        for scores in trials(world, seeds)
    ]
    assert misses(given) <= 0.067  # 0.05 and 3 errors of a share of 1,500


def test_a_bootstrap_over_three_seeds_misses_far_more_often() -> None:
    given = [
        tuple(np.quantile(bootstrapped(scores), [0.025, 0.975]))
        for scores in trials("seeds differ", 3)
    ]
    assert misses(given) > 0.15


def test_the_published_headline_by_hand() -> None:
    # SRPO and GRPO on the chosen pairs in random order, seeds 0, 1, 2: the gaps are 0.041,
    # 0.148 and 0.156, their mean 0.115, their deviation 0.064, so t = 0.115 / (0.064 / 1.732)
    # = 3.1 with two degrees of freedom; 4.3 would be needed
    gaps = np.array([0.984, 0.981, 0.967]) - np.array([0.943, 0.833, 0.811])
    assert gaps.mean() == pytest.approx(0.115, abs=5e-4)
    assert paired_p(gaps) == pytest.approx(0.090, abs=1e-3)


def test_what_cannot_be_tested_has_no_p() -> None:
    assert paired_p(np.array([0.3])) is None
    assert paired_p(np.array([0.0, 0.0])) == 1
    assert paired_p(np.array([0.2, 0.2])) == 0


def test_an_interval_by_hand() -> None:
    # seeds 0.6 and 0.8: variance of the mean 0.02 / 2 = 0.01, one degree: 12.706 x 0.1
    alike = np.full(10, 0.7)
    assert crossed_interval(np.array([0.6, 0.8]), alike, 4) == pytest.approx(
        (0.7 - 1.2706, 0.7 + 1.2706), abs=1e-3
    )
    # one seed: the queries alone, variance 0.01, three degrees: 3.182 x 0.1
    swung = np.array([0.6, 0.8] * 5)
    assert crossed_interval(np.array([0.7]), swung, 4) == pytest.approx(
        (0.7 - 0.3182, 0.7 + 0.3182), abs=1e-3
    )
