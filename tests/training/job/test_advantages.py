import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.job.advantages import (
    EPS,
    Normalise,
    Table,
    credited_advantages,
    gated,
    group_normalise,
    outcome_advantages,
    return_to_go,
    step_advantages,
    zero_variance_share,
)

NAN = float("nan")


def rows(*values: list[float]) -> Table:
    return np.array(values, dtype=np.float64)


def test_each_step_is_normalised_by_the_mean_and_deviation_of_its_own_column() -> None:
    z = group_normalise(rows([1, 0], [0, 0], [1, 0], [0, 1]), 4)
    first = 0.5 / (math.sqrt(1 / 3) + EPS)  # mean 1/2, sample variance 1/3
    last = 0.75 / (0.5 + EPS)  # mean 1/4, sample variance 1/4
    assert z[:, 0].tolist() == pytest.approx([first, -first, first, -first])
    assert z[3, 1].item() == pytest.approx(last)


def test_pooled_mode_takes_one_mean_over_all_steps_of_the_group() -> None:
    z = group_normalise(rows([1, 1], [0, 0]), 2, "pooled")
    expected = 0.5 / (math.sqrt(1 / 3) + EPS)
    assert z.flatten().tolist() == pytest.approx([expected, expected, -expected, -expected])


def test_mode_none_centres_and_does_not_scale() -> None:
    assert group_normalise(rows([1], [0], [0], [0]), 4, "none").flatten().tolist() == [
        0.75, -0.25, -0.25, -0.25,
    ]  # fmt: skip


def test_a_masked_reward_takes_part_in_no_mean_and_gets_zero() -> None:
    z = group_normalise(rows([1], [0], [NAN]), 3)
    expected = 0.5 / (math.sqrt(0.5) + EPS)
    assert z.flatten().tolist() == pytest.approx([expected, -expected, 0.0])


def test_groups_do_not_see_each_other() -> None:
    z = group_normalise(rows([1], [1], [0], [0]), 2)
    assert z.flatten().tolist() == [0.0] * 4


@pytest.mark.parametrize("mode", ["step", "pooled", "none"])
@pytest.mark.parametrize("column", [[NAN, NAN], [0.7, 0.7], [NAN, 1.0], [0.1 + 0.2, 0.3]])
def test_a_group_that_cannot_compare_teaches_nothing(
    mode: Normalise, column: list[float]
) -> None:
    z = group_normalise(np.array(column)[:, None], 2, mode)
    assert z.flatten().tolist() == [0.0, 0.0]


def test_a_group_of_one_rollout_teaches_nothing() -> None:
    assert group_normalise(rows([1, 0], [0, 1]), 1).flatten().tolist() == [0.0] * 4


def test_rollouts_that_are_not_whole_groups_are_refused() -> None:
    with pytest.raises(ValueError, match="3 rollouts are not groups of 2"):
        group_normalise(np.zeros((3, 5)), 2)


def test_every_step_answers_for_itself_and_what_follows() -> None:
    z = rows([1, 2, 3, 4, 5])
    assert return_to_go(z).tolist() == [[15, 14, 12, 9, 5]]
    assert return_to_go(z, gamma=0.5).tolist() == [[3.5625, 5.125, 6.25, 6.5, 5]]
    assert return_to_go(z, gamma=0.0).tolist() == z.tolist()


def test_an_answer_given_first_gets_its_own_reward_only() -> None:
    z = rows([1, 2, 3, 4, 5])
    assert return_to_go(z, layout="answer_first").tolist() == [[10, 9, 7, 4, 5]]


def test_grpo_gives_a_rollout_one_number() -> None:
    expected = 0.5 / (math.sqrt(0.5) + EPS)
    z, advantages = outcome_advantages(rows([1, 1.0], [1, 0.0], [0, NAN], [0, 1.0]), 2)
    assert z.tolist() == [pytest.approx([0, a]) for a in (expected, -expected, 0, 0)]
    assert advantages.tolist() == [pytest.approx([a, a]) for a in (expected, -expected, 0, 0)]


def test_advantages_are_clamped_and_z_is_not() -> None:
    z, advantages = credited_advantages(rows([1] * 5, [0] * 5), 2, clamp=1.0)
    one = 0.5 / (math.sqrt(0.5) + EPS)  # 0.707: two steps and more go over the clamp
    assert z[0].tolist() == pytest.approx([one] * 5)
    assert advantages[0].tolist() == pytest.approx([1, 1, 1, 1, one])
    assert advantages[1].tolist() == pytest.approx([-1, -1, -1, -1, -one])


def test_a_group_is_silent_only_if_every_step_is() -> None:
    rewards = rows([1, 1], [1, 0], [NAN, 1], [NAN, 1])
    assert zero_variance_share(rewards, 2) == 0.5


@given(
    st.lists(
        st.lists(st.one_of(st.just(NAN), st.floats(0, 1)), min_size=5, max_size=5),
        min_size=4,
        max_size=4,
    )
)
def test_a_normalised_step_is_finite_and_sums_to_zero(rewards: list[list[float]]) -> None:
    z = group_normalise(rewards, 4)
    assert np.isfinite(z).all()
    assert np.abs(z.sum(0)).max() < 1e-5


def test_a_right_tier_from_a_wrong_premise_has_no_reward() -> None:
    table = gated(
        np.array([[1, 1, 0, 1, 1], [1, 1, NAN, 1, 1], [1, 1, 0, 0, 0]]), [True, True, False]
    )
    assert np.isnan(table[0, 4])
    assert table[1, 4] == 1
    assert table[2, 4] == 0, "what cannot be read keeps its 0"
    guessed = gated(np.array([[1, 1, 0, 1, 1], [1, 1, 0, 0, 1]]), guessed={3})
    assert guessed[0, 4] == 1, "silver is no knowledge"
    assert np.isnan(guessed[1, 4])
    lucky, wrong = step_advantages([[1, 1, 0, 1, 1], [1, 1, 0, 1, 0]], 2)
    assert lucky.tolist() == wrong.tolist() == [0.0] * 5
