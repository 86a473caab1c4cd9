"""Step 2 rewarded by what it quotes of the product, without any label."""

from dataclasses import replace

import pytest

from annotation.cot.steps import StepKind, parse, step_hashes
from tests.training.reward.test_rewards import Halves
from tests.training.rl.tiny import answer, make_samples
from training.reward.rewards import HybridRewards
from verifier.truth import Truth, TruthTable

SAMPLE = make_samples()[1]
RIGHT = answer(SAMPLE)


def quoting(item: str) -> str:
    step = next(s for s in parse(RIGHT) if s.kind is StepKind.ITEM)
    return RIGHT.replace(step.body, item, 1)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (f'title: "{SAMPLE.text.title}"', 1.0),
        ('title: "another thing altogether"', 0.0),
        (f'title: "{SAMPLE.text.title}"\nproof: "another thing altogether"', 0.0),
        ("a product of good quality", 0.0),  # step 2 must quote
    ],
)
def test_step_2_is_rewarded_by_its_quotes_without_any_label(item: str, expected: float) -> None:
    text = quoting(item)
    (scored,) = HybridRewards(TruthTable(), quote="after_rm").score([SAMPLE], [text])
    reward = scored.rewards[StepKind.ITEM]
    assert (reward.value, reward.source) == (expected, "quote")
    assert scored.rewards[StepKind.QUERY].value is None


def test_quotes_stand_below_people_and_on_the_side_of_the_model_that_is_chosen() -> None:
    text = quoting(f'title: "{SAMPLE.text.title}"')
    sample = replace(SAMPLE, context="c")
    hashes = step_hashes("c", text, parse(text))
    judged = TruthTable(
        steps=[(hashes[StepKind.ITEM], StepKind.ITEM, Truth("incorrect", "consensus"))]
    )
    model = Halves()
    rewards = [
        HybridRewards(judged, quote="before_rm"),
        HybridRewards(TruthTable(), model, quote="before_rm"),
        HybridRewards(TruthTable(), Halves(), quote="after_rm"),
        HybridRewards(TruthTable(), Halves()),
        HybridRewards(TruthTable(), Halves(), quote="before_rm", mode="rm_only"),
    ]
    given = [each.score([sample], [text])[0].rewards[StepKind.ITEM] for each in rewards]
    assert [(reward.value, reward.source) for reward in given] == [
        (0.0, "consensus"), (1.0, "quote"), (0.5, "rm"), (0.5, "rm"), (0.5, "rm"),
    ]  # fmt: skip
    assert len(model.prompts) == 1, "of step 1 alone: nobody is asked about a quote"
