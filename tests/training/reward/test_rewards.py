import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from annotation.cot.rules import DEFAULT_RULES, parse_rules
from annotation.cot.steps import OPEN_KINDS, StepKind, parse, render, step_hashes
from tests.training.rl.tiny import answer, make_samples
from training.job.prompts import PromptVersion
from training.job.types import Sample, ScoredRollout
from training.reward.reliable import Kappas
from training.reward.rewards import (
    HybridRewards,
    RewardMode,
    gated,
)
from training.reward.sources import (
    by_kind,
    by_source,
    human_share,
    reused_share,
    source_counts,
)
from verifier.truth import Truth, TruthTable

RULES = parse_rules(DEFAULT_RULES)
SAMPLE = make_samples()[1]  # match x all: tier 4 by consensus
RIGHT, WRONG = answer(SAMPLE), answer(SAMPLE, wrong=True)


class Halves:
    """A reward model that always says 0.5 and remembers what it was asked."""

    def __init__(self, prompt_version: PromptVersion = "1") -> None:
        self.prompt_version = prompt_version
        self.kappa: Kappas = {}
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
    sample = replace(pair, truth={}, silver=silver)
    with_silver = HybridRewards(TruthTable()).score([sample], [RIGHT])[0]
    without = HybridRewards(TruthTable(), use_silver=False).score([sample], [RIGHT])[0]
    assert values(with_silver) == [None, None, 1.0, 1.0, 1.0]
    assert values(without) == [None] * 5


def test_a_right_tier_from_a_wrong_premise_is_masked() -> None:
    lucky = RIGHT.replace("attribute: all", "attribute: none")
    assert values(score(lucky)) == [None, None, 1.0, 0.0, 1.0]
    assert str(gated(score(lucky))) == "[nan, nan, 1.0, 0.0, nan]"


def test_a_silver_guess_gates_nothing_and_what_a_tier_implies_does() -> None:
    lucky = RIGHT.replace("category: match", "category: related")
    tier = {StepKind.FINAL: Truth("4", "consensus")}
    told = {source: Truth("match", source) for source in ("silver", "implied")}
    silver = replace(SAMPLE, truth=tier, silver={StepKind.CATEGORY: told["silver"]})
    implied = replace(SAMPLE, truth=tier | {StepKind.CATEGORY: told["implied"]})
    first, second = HybridRewards(TruthTable()).score([silver, implied], [lucky, lucky])
    assert values(first) == values(second) == [None, None, 0.0, None, 1.0]
    assert str(gated(first)) == "[nan, nan, 0.0, nan, 1.0]", "the guess may be the wrong one"
    assert str(gated(second)) == "[nan, nan, 0.0, nan, nan]"
    assert second.rewards[StepKind.CATEGORY].source == "implied"


def test_what_is_implied_can_be_turned_off() -> None:
    implied = {StepKind.CATEGORY: Truth("match", "implied")}
    guess = {StepKind.CATEGORY: Truth("related", "silver")}
    sample = replace(SAMPLE, truth=implied, silver=guess)
    rewards = HybridRewards(TruthTable()), HybridRewards(TruthTable(), use_implied=False)
    given = [each.score([sample], [RIGHT])[0].rewards[StepKind.CATEGORY] for each in rewards]
    assert [(reward.value, reward.source) for reward in given] == [
        (1.0, "implied"), (0.0, "silver"),
    ]  # fmt: skip


def test_implied_alone_knows_the_tier_and_what_follows_from_it() -> None:
    model = Halves()
    rewards = HybridRewards(TruthTable(), model, mode="implied", rules=RULES)
    (scored,) = rewards.score([SAMPLE], [WRONG])  # people's own words on 3 and 4 are not read
    assert values(scored) == [None, None, 0.0, None, 0.0]
    assert scored.rewards[StepKind.CATEGORY].source == "implied"
    assert model.prompts == []


def test_right_premises_and_unreadable_rollouts_keep_their_final_reward() -> None:
    slip = RIGHT.replace("tier: 4", "tier: 3")
    assert gated(score(slip))[2:] == [1.0, 1.0, 0.0]
    assert gated(score(RIGHT))[2:] == [1.0, 1.0, 1.0]
    assert gated(score("")) == [0.0] * 5


def test_the_human_share_counts_only_rewards_that_exist() -> None:
    counts = source_counts([score(RIGHT), score("")])
    sources = by_source(counts)
    assert sources == {"consensus": 3, "format": 5, "none": 2}
    assert human_share(sources) == 3 / 8
    assert human_share({"none": 4}) is None


def judged_sample(text: str = RIGHT, **verdicts: str) -> tuple[Sample, TruthTable]:
    """The pair with its hash, and people's verdicts on ``text``'s step 1 or 2."""
    sample = replace(SAMPLE, context="pair-hash")
    hashes = step_hashes("pair-hash", text, parse(text))
    kinds = {"query": StepKind.QUERY, "item": StepKind.ITEM}
    steps = [
        (hashes[kinds[name]], kinds[name], Truth(verdict, "consensus"))
        for name, verdict in verdicts.items()
    ]
    return sample, TruthTable(steps=steps)


def test_a_verdict_on_the_same_text_comes_before_the_reward_model_which_is_not_asked() -> None:
    sample, table = judged_sample(query="incorrect")
    model = Halves()
    (scored,) = HybridRewards(table, model).score([sample], [RIGHT])
    assert values(scored)[:2] == [0.0, 0.5]
    assert [scored.rewards[kind].source for kind in OPEN_KINDS] == ["consensus", "rm"]
    assert len(model.prompts) == 1


def test_case_and_blanks_do_not_make_another_text() -> None:
    sample, table = judged_sample(query="correct", item="correct")
    heading, rest = RIGHT.split("\n", 1)
    spaced = f"{heading}\n{rest.replace(' ', '  ', 1).capitalize()}"
    (scored,) = HybridRewards(table).score([sample], [spaced])
    assert spaced != RIGHT
    assert values(scored)[:2] == [1.0, 1.0]


def test_a_verdict_on_step_2_serves_the_same_words_after_another_step_1() -> None:
    sample, table = judged_sample(query="correct", item="correct")
    first = RIGHT.split("\n")[1]
    (scored,) = HybridRewards(table).score([sample], [RIGHT.replace(first, "unlike", 1)])
    assert scored.parse_error is None
    assert values(scored)[:2] == [None, 1.0]


def test_a_table_of_before_that_is_asked_with_the_texts_before_the_step() -> None:
    sample = replace(SAMPLE, context="pair-hash")
    chained = step_hashes("pair-hash", RIGHT, parse(RIGHT), chained=True)
    verdict = (chained[StepKind.ITEM], StepKind.ITEM, Truth("correct", "consensus"))
    first = RIGHT.split("\n")[1]
    texts = [RIGHT, RIGHT.replace(first, "unlike", 1)]
    tables = TruthTable(steps=[verdict], chained=True), TruthTable(steps=[verdict])
    scored = [HybridRewards(table).score([sample] * 2, texts) for table in tables]
    assert [[values(row)[1] for row in rows] for rows in scored] == [[1.0, None], [None, None]]


def test_the_same_text_of_another_pair_has_no_verdict() -> None:
    sample, table = judged_sample(query="correct")
    other = replace(sample, context="other-hash")
    unnamed = replace(sample, context="")
    scored = HybridRewards(table).score([other, unnamed], [RIGHT, RIGHT])
    assert [values(rollout)[0] for rollout in scored] == [None, None]


def test_reuse_can_be_turned_off_and_the_ablations_never_reuse() -> None:
    sample, table = judged_sample(query="incorrect", item="incorrect")
    modes: tuple[RewardMode, ...] = ("hybrid", "rm_only", "outcome")
    rewards = [HybridRewards(table, Halves(), mode=mode, reuse=False) for mode in modes]
    rewards += [HybridRewards(table, Halves(), mode=mode) for mode in modes[1:]]
    opened = [values(each.score([sample], [RIGHT])[0])[:2] for each in rewards]
    assert opened == [[0.5, 0.5], [0.5, 0.5], [None, None], [0.5, 0.5], [None, None]]


def test_in_the_answer_first_layout_a_verdict_serves_the_same_words_after_any_answer() -> None:
    bodies = {step.kind: step.body for step in parse(RIGHT)}
    text, otherwise = (
        render({**bodies, StepKind.FINAL: f"tier: {tier}"}, "answer_first") for tier in "41"
    )
    sample = replace(SAMPLE, context="pair-hash")
    hashes = step_hashes("pair-hash", text, parse(text, "answer_first"))
    table = TruthTable(
        steps=[(hashes[StepKind.QUERY], StepKind.QUERY, Truth("correct", "gold"))]
    )
    rewards = HybridRewards(table, layout="answer_first")
    scored = rewards.score([sample] * 2, [text, otherwise])
    assert [rollout.rewards[StepKind.QUERY].value for rollout in scored] == [1.0, 1.0]


def test_rewards_are_counted_by_step_and_source() -> None:
    sample, table = judged_sample(query="correct")
    counts = source_counts(HybridRewards(table, Halves()).score([sample] * 2, [RIGHT, ""]))
    assert by_kind(counts) == {
        "1": {"consensus": 1, "format": 1},
        "2": {"format": 1, "rm": 1},
        **{kind: {"consensus": 1, "format": 1} for kind in "345"},
    }
    assert reused_share(counts, OPEN_KINDS) == 1 / 2
    assert reused_share(counts, [StepKind.ITEM]) == 0.0
    assert reused_share({"1 none": 3, "1 format": 1}, [StepKind.QUERY]) is None


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


def test_the_reward_model_is_asked_in_the_version_that_it_reads() -> None:
    described = replace(SAMPLE, text=replace(SAMPLE.text, description="of soft leather"))
    old, new = Halves(), Halves("2")
    for model in (old, new):
        HybridRewards(TruthTable(), model).score([described], [RIGHT])
    assert [("description: of soft leather\n" in p) for p in old.prompts] == [False, False]
    assert [("description: of soft leather\n" in p) for p in new.prompts] == [True, True]
