import math
from collections.abc import Sequence

import pytest

from annotation.cot.steps import StepKind
from tests.training.rl.tiny import answer, make_samples
from training.job.types import ScoredRollout
from training.reward.rewards import (
    HybridRewards,
    gated,
    human_share,
    source_counts,
)
from verifier.truth import Truth, TruthTable

SAMPLE = make_samples()[1]  # match x all: tier 4 by consensus
RIGHT, WRONG = answer(SAMPLE), answer(SAMPLE, wrong=True)


class Halves:
    """A reward model that always says 0.5 and remembers what it was asked."""

    def __init__(self) -> None:
        self.prompts: list[str] = []

    def score(self, prompts: Sequence[str]) -> list[float]:
        self.prompts += prompts
        return [0.5] * len(prompts)


def score(text: str, table: TruthTable | None = None) -> ScoredRollout:
    (scored,) = HybridRewards(table or TruthTable()).score([SAMPLE], [text])
    return scored


def values(scored: ScoredRollout) -> list[float | None]:
    return [scored.rewards[kind].value for kind in StepKind]


def test_people_reward_steps_three_to_five_and_open_steps_are_masked_without_a_model() -> None:
    assert values(score(RIGHT)) == [None, None, 1.0, 1.0, 1.0]
    assert values(score(WRONG)) == [None, None, 0.0, 0.0, 0.0]


def test_the_release_comes_before_the_truth_that_travels_with_the_pair() -> None:
    table = TruthTable([(SAMPLE.pair_id, StepKind.FINAL, Truth("1", "adjudicated"))])
    scored = score(RIGHT, table)
    assert scored.outcome == 0.0
    assert scored.rewards[StepKind.FINAL].source == "adjudicated"


def test_open_steps_get_the_reward_models_probability_and_each_text_is_asked_once() -> None:
    model = Halves()
    rewards = HybridRewards(TruthTable(), model)
    first, second = rewards.score([SAMPLE, SAMPLE], [RIGHT, WRONG])
    assert values(first)[:2] == values(second)[:2] == [0.5, 0.5]
    assert len(model.prompts) == 2  # steps 1 and 2, the same in both rollouts


def test_a_truncated_rollout_earns_zero_on_what_it_lacks_and_on_its_answer() -> None:
    cut = RIGHT[: RIGHT.index("## 4")]
    scored = score(cut)
    assert values(scored) == [None, None, 1.0, 0.0, 0.0]
    assert scored.parse_error == "missing_heading"
    assert scored.tier is None


@pytest.mark.parametrize("text", ["", "   ", "tier: 4", "## 5 final judgment\n", "\x00###"])
def test_text_that_is_no_cot_earns_zero_everywhere_and_raises_nothing(text: str) -> None:
    assert values(score(text)) == [0.0] * 5


def test_an_answer_in_a_malformed_rollout_is_not_rewarded() -> None:
    doubled = RIGHT + "## 5 final judgment\ntier: 4\n"
    assert score(doubled).outcome == 0.0


def test_silver_can_be_turned_off() -> None:
    pair = make_samples()[1]
    silver = {kind: Truth(t.value, "silver") for kind, t in pair.truth.items()}
    from dataclasses import replace

    sample = replace(pair, truth={}, silver=silver)
    with_silver = HybridRewards(TruthTable()).score([sample], [RIGHT])[0]
    without = HybridRewards(TruthTable(), use_silver=False).score([sample], [RIGHT])[0]
    assert values(with_silver) == [None, None, 1.0, 1.0, 1.0]
    assert values(without) == [None] * 5


def test_a_right_tier_from_a_wrong_premise_is_masked() -> None:
    lucky = RIGHT.replace("attribute: all", "attribute: none")
    assert values(score(lucky)) == [None, None, 1.0, 0.0, 1.0]
    assert str(gated(score(lucky))) == "[nan, nan, 1.0, 0.0, nan]"


def test_right_premises_and_unreadable_rollouts_keep_their_final_reward() -> None:
    slip = RIGHT.replace("tier: 4", "tier: 3")
    assert gated(score(slip))[2:] == [1.0, 1.0, 0.0]
    assert gated(score(RIGHT))[2:] == [1.0, 1.0, 1.0]
    assert gated(score("")) == [0.0] * 5


def test_the_human_share_counts_only_rewards_that_exist() -> None:
    counts = source_counts([score(RIGHT), score("")])
    assert counts == {"consensus": 3, "format": 5, "none": 2}
    assert human_share(counts) == 3 / 8
    assert human_share({"none": 4}) is None


def test_reward_model_only_asks_the_model_about_every_step_and_no_truth() -> None:
    model = Halves()
    (scored,) = HybridRewards(TruthTable(), model, mode="rm_only").score([SAMPLE], [WRONG])
    assert values(scored) == [0.5] * 5
    assert {reward.source for reward in scored.rewards.values()} == {"rm"}
    assert len(model.prompts) == 5


def test_reward_model_only_still_gives_zero_to_what_cannot_be_read() -> None:
    cut = RIGHT[: RIGHT.index("## 4")]
    (scored,) = HybridRewards(TruthTable(), Halves(), mode="rm_only").score([SAMPLE], [cut])
    assert values(scored) == [0.5, 0.5, 0.5, 0.0, 0.0]


def test_outcome_only_masks_every_step_but_the_last() -> None:
    model = Halves()
    cut = RIGHT[: RIGHT.index("## 4")]
    rewards = HybridRewards(TruthTable(), model, mode="outcome")
    right, wrong, short = rewards.score([SAMPLE] * 3, [RIGHT, WRONG, cut])
    assert values(right) == [None, None, None, None, 1.0]
    assert values(wrong) == [None, None, None, None, 0.0]
    assert values(short) == [None, None, None, None, 0.0]
    assert model.prompts == []


def test_verdicts_are_what_a_probability_says_and_unknown_stays_unknown() -> None:
    judge = HybridRewards(TruthTable(), mode="rm_only", verdicts=True)
    chances = {StepKind(1): 0.93, StepKind(2): 0.5, StepKind(3): 0.49, StepKind(4): math.nan}
    scored = judge.rescore(SAMPLE, RIGHT, False, chances)
    assert values(scored) == [1.0, 1.0, 0.0, None, None]
    assert [scored.rewards[kind].p for kind in StepKind] == [0.93, 0.5, 0.49, None, None]
