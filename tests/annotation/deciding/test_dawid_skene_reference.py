"""Our Dawid-Skene estimate beside hand-computed cases and crowd-kit's."""

from __future__ import annotations

import random
import warnings

import numpy as np
import pandas as pd
import pytest
from crowdkit.aggregation import DawidSkene

from annotation.deciding.dawid_skene import estimate

NEVER = float("-inf")  # a tolerance that ends no fit early


def random_labels(seed: int) -> list[tuple[int, int, str]]:
    """People of different skill, gaps, and one in three seeds with items labelled twice."""
    rng = random.Random(seed)
    classes = "abcde"[: rng.randint(2, 5)]
    skill = {person: rng.uniform(0.3, 0.95) for person in range(rng.randint(2, 6))}
    rows = []
    for item in range(rng.randint(20, 50)):
        truth = rng.choice(classes)
        for person in rng.sample(sorted(skill), rng.randint(1, len(skill))):
            for _ in range(1 + (seed % 3 == 0 and rng.random() < 0.2)):
                right = rng.random() < skill[person]
                rows.append((item, person, truth if right else rng.choice(classes)))
    return rows


@pytest.mark.parametrize("seed", range(20))
def test_random_labels_come_to_crowd_kits_posteriors_priors_and_errors(seed: int) -> None:
    rows = random_labels(seed)
    ours = estimate(rows, iterations=25, tolerance=NEVER)
    frame = pd.DataFrame(rows, columns=["task", "worker", "label"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it calls pandas in ways that pandas 3 will drop
        theirs = DawidSkene(n_iter=25, tol=NEVER).fit(frame)
    assert theirs.probas_ is not None
    assert theirs.errors_ is not None
    assert len(theirs.loss_history_) == 25
    classes = list(ours.classes)
    for mine, reference in (
        (ours.posteriors, theirs.probas_.loc[list(ours.items), classes]),
        (ours.priors, theirs.priors_.loc[classes]),
        (ours.errors, theirs.errors_.loc[list(ours.pairs), classes]),
    ):
        np.testing.assert_allclose(mine, reference.to_numpy(), rtol=0, atol=1e-6)


def test_people_who_always_agree_are_never_wrong() -> None:
    fit = estimate([(i, person, "ab"[i % 2]) for i in range(4) for person in (1, 2)])
    np.testing.assert_allclose(fit.posteriors, [[1, 0], [0, 1], [1, 0], [0, 1]], atol=1e-6)
    np.testing.assert_allclose(fit.priors, [0.5, 0.5], atol=1e-6)
    assert fit.pairs == [(1, "a"), (1, "b"), (2, "a"), (2, "b")]
    np.testing.assert_allclose(fit.errors, [[1, 0], [0, 1], [1, 0], [0, 1]], atol=1e-6)


def test_one_iteration_is_bayes_rule_on_the_vote_shares() -> None:
    """Item 0: a, a. Item 1: a from person 1, b from person 2.

    Shares: (1, 0) and (1/2, 1/2), so the priors are 3/4 and 1/4. Person 1 says a whatever is
    true: 1, 1. Person 2 says a with 1 of 1.5 for truth a (2/3) and never for truth b.
    Item 1: a 3/4 * 1 * 1/3 = 1/4, b 1/4 * 1 * 1 = 1/4: even.
    """
    fit = estimate([(0, 1, "a"), (0, 2, "a"), (1, 1, "a"), (1, 2, "b")], iterations=1)
    np.testing.assert_allclose(fit.posteriors, [[1.0, 0.0], [0.5, 0.5]], atol=1e-6)


def test_the_order_of_the_labels_changes_nothing() -> None:
    rows = random_labels(4)
    shuffled = random.Random(1).sample(rows, len(rows))
    np.testing.assert_allclose(
        estimate(rows).posteriors, estimate(shuffled).posteriors, rtol=0, atol=1e-9
    )


def test_a_fit_stops_when_the_likelihood_hardly_grows() -> None:
    rows = random_labels(5)
    stopped = estimate(rows, iterations=2000, tolerance=1e-3)
    went_on = estimate(rows, iterations=2000, tolerance=NEVER)
    assert np.abs(stopped.posteriors - went_on.posteriors).max() > 1e-6


def test_no_labels_and_no_iterations_are_refused() -> None:
    with pytest.raises(ValueError, match="No labels"):
        estimate([])
    with pytest.raises(ValueError, match="give 1 or more"):
        estimate([(0, 1, "a")], iterations=0)
