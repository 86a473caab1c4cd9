"""Which pairs a round samples: by the project's order, by chance, and for the gate's gold."""

from __future__ import annotations

import pytest

from annotation.models import Pair, Project, QueueItem
from annotation.quality.guidelines import guideline_save
from tests.factories import make_project
from tests.training.judges.conftest import RmMaker, project, rm_of
from tests.training.rounds.played import facts, sampled, shop_make, state
from tests.training.world import cot, pair_make, policy_make, resolve, rollout_make, truth_make
from training.judges.gate import ENOUGH_GOLD
from training.judges.gold import gold_verdicts
from training.models import Checkpoint
from training.rounds import pairs as round_pairs
from training.rounds.pairs import gold_pairs, pairs_for_round
from training.rounds.plan import Plan, plan_read
from training.rounds.rounds import round_start
from training.rounds.standing import State

__all__ = ["project", "rm_of"]
pytestmark = pytest.mark.django_db


def project_make(explore: int = 0, order: str = "claim_entropy") -> Project:
    project = make_project()
    project.explore_percent, project.order = explore, order
    project.save()
    return project


def claims(pair: Pair, *tiers: str) -> Pair:
    for index, tier in enumerate(tiers):
        rollout_make(pair, cot(tier), index)
    return pair


def queries(pairs: list[Pair]) -> list[str]:
    return [pair.query for pair in pairs]


def test_pairs_whose_rollouts_claim_different_tiers_come_first() -> None:
    shop = project_make()
    for name, tiers in (("agreed", "444"), ("split", "4421"), ("torn", "4321")):
        claims(pair_make(shop, name, name), *tiers)
    for name in ("new", "newer"):
        pair_make(shop, name, name)
    chosen = queries(pairs_for_round(shop, 5))
    assert chosen[:2] == ["torn", "split"]
    assert set(chosen[2:4]) == {"new", "newer"}
    assert chosen[4] == "agreed"


def test_the_newest_policys_rollouts_speak_for_a_pair() -> None:
    shop = project_make()
    old = claims(pair_make(shop, "was torn", "a"), "4", "3", "2", "1")
    for rollout in old.rollouts.all():
        rollout.policy = "older"
        rollout.save()
    claims(old, "4", "4")
    claims(pair_make(shop, "split", "b"), "4", "3")
    assert queries(pairs_for_round(shop, 2)) == ["split", "was torn"]


def test_what_is_decided_comes_last_and_what_is_in_the_queue_not_at_all() -> None:
    shop = project_make()
    truth_make(claims(pair_make(shop, "decided", "a"), "4", "1"))
    claims(pair_make(shop, "agreed", "b"), "4")
    waiting = claims(pair_make(shop, "waiting", "c"), "4", "1")
    QueueItem.objects.create(
        project=shop, rollout=waiting.rollouts.all()[0], overlap=2, kinds=[3]
    )
    assert queries(pairs_for_round(shop, 5)) == ["agreed", "decided"]


def test_oldest_first_and_an_order_without_its_reward_model_ask_by_the_hashes() -> None:
    for order in ("oldest", "uncertainty", "flip_risk"):
        shop = project_make(order=order)
        for name in "abcd":
            claims(pair_make(shop, name, name), "4", "1" if name == "d" else "4")
        hashes = Pair.objects.filter(project=shop).order_by("content_hash")
        assert queries(pairs_for_round(shop, 4)) == queries(list(hashes))


def test_the_share_that_is_explored_is_drawn_anew_each_round_whatever_the_order_says() -> None:
    shop = project_make(explore=50)
    for at in range(12):
        claims(pair_make(shop, f"torn {at}", f"t{at}"), "4", "1")
        pair_make(shop, f"new {at}", f"n{at}")
    rounds = [queries(pairs_for_round(shop, 8, number)) for number in range(6)]
    for chosen in rounds:
        assert len(set(chosen)) == 8
        assert all(name.startswith("torn") for name in chosen[4:])
    explored = [name for chosen in rounds for name in chosen[:4]]
    assert len({tuple(chosen[:4]) for chosen in rounds}) > 1
    assert any(name.startswith("new") for name in explored)
    assert any(name.startswith("torn") for name in explored)


def test_a_round_samples_held_out_pairs_for_the_gate_until_it_has_enough(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = shop_make()
    for at in range(4):
        pair_make(shop, f"held out {at}", f"h{at}", split="test")
    plan = plan_read({"gold": 3})
    assert [pair.split for pair in gold_pairs(shop, plan)] == ["test"] * 3
    assert gold_pairs(shop, plan_read({"gold": 0})) == []
    assert gold_pairs(shop, plan_read({"rm": {"data": {"eval_split": "val"}}})) == []
    resolve(rollout_make(pair_make(shop, "x", "x", split="test")), {3: "correct", 4: "correct"})
    monkeypatch.setattr(round_pairs, "ENOUGH_GOLD", 3)
    assert len(gold_pairs(shop, plan)) == 3
    monkeypatch.setattr(round_pairs, "ENOUGH_GOLD", 2)
    assert gold_pairs(shop, plan) == []
    assert ENOUGH_GOLD == 800


def test_the_default_plan_gives_the_gate_its_gold(rm_of: RmMaker) -> None:
    shop = shop_make()
    for at in range(20):
        pair_make(shop, f"held out {at}", f"h{at}", split="test")
    row = round_start(
        project=shop, policy=Checkpoint.objects.get(name="seed"), plan={"rollouts": 1}
    ).round
    assert facts(row).plan == Plan(rollouts=1)
    sampled(row)
    assert state(row) == State.LABELLING
    items = list(QueueItem.objects.filter(round=row).select_related("rollout"))
    assert [item.rollout.pair.split for item in items].count("test") == 16
    assert gold_verdicts(project=shop, rms=[rm_of("rm", ("red chair",))]) == []
    for item in items:
        resolve(item.rollout, dict.fromkeys(item.kinds, "correct"))
    # of the training pairs the reward model has learned one query
    gold = gold_verdicts(project=shop, rms=[rm_of("next", ("red chair", "blue chair"))])
    assert len(gold) == 16 * 5


def test_the_gates_gold_leaves_out_what_the_guideline_has_overtaken(rm_of: RmMaker) -> None:
    shop = make_project()
    policy_make(name="seed")
    before = rollout_make(pair_make(shop, "a", "a", split="test"))
    resolve(before, {1: "correct", 4: "correct", 5: "correct"})
    guideline_save(
        project=shop, author=None, text="attributes are read anew", rules=shop.rules,
        changed_kinds=[4],
    )  # fmt: skip
    shop.refresh_from_db()
    after = resolve(rollout_make(pair_make(shop, "b", "b", split="test")), {4: "incorrect"})
    after.resolutions.update(guideline_version=shop.guideline_version)
    gold = gold_verdicts(project=shop, rms=[rm_of("rm", ("red chair",))])
    assert [(row.step.rollout.pair.query, row.step.kind) for row in gold] == [
        ("a", 1), ("a", 5), ("b", 4),
    ]  # fmt: skip
