"""The project's thresholds, each met, not met, unknown and not checked."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from annotation.models import GoldItem, GoldTry, Project, QueueItem
from tests.factories import labels_for, make_item, make_project, make_user, submit
from tests.training.world import cot as cot_of
from tests.training.world import (
    pair_make,
    policy_make,
    rm_make,
    rollout_make,
    truth_make,
)
from training.job.methods import METHODS
from training.models import Checkpoint, LaunchThresholds, RmAppointment
from training.runs.checks import Check, Data, checks
from training.runs.thresholds import thresholds_clear

pytestmark = pytest.mark.django_db
NOTHING = Data([], {3: {}, 4: {}, 5: {}})


@pytest.fixture
def project() -> Project:
    project = make_project()
    thresholds_clear(project=project)
    return project


def check(
    project: Project,
    data: Data = NOTHING,
    method: str = "srpo",
    rm: Checkpoint | None = None,
    **limits: Any,
) -> dict[str, Check]:
    LaunchThresholds.objects.filter(project=project).update(**limits)
    policy = Checkpoint.objects.filter(kind="policy").first() or policy_make()
    return {row.name: row for row in checks(project, METHODS[method], policy, rm, data)}


def judge(project: Project, tiers: list[str]) -> QueueItem:
    """An item whose tier so many people gave."""
    item = make_item(project)
    for tier in tiers:
        submit(item, make_user(), labels_for(tier=tier))
    return item


def test_without_a_row_the_defaults_hold() -> None:
    project = make_project()
    policy = policy_make()
    lines = checks(project, METHODS["srpo"], policy, None, NOTHING)
    assert {row.name: row.met for row in lines} == {
        "human_coverage": False,
        "stale_share": True,
        "varied_pairs": False,
    }


def test_emptied_thresholds_are_not_checked(project: Project) -> None:
    judge(project, ["2", "2"])
    assert check(project) == {}


def test_people_who_always_say_the_same_have_no_alpha_and_that_is_not_enough(
    project: Project,
) -> None:
    judge(project, ["2", "2"])
    rows = check(project, alpha=0.5)
    assert sorted(rows) == [f"alpha_{kind}" for kind in range(1, 6)]
    assert not rows["alpha_5"].met
    assert "alpha is unknown (everybody always gave the same value)" in rows["alpha_5"].text


def test_gold_answers_count_by_their_lower_bound(project: Project) -> None:
    item = judge(project, ["2", "2"])
    assert not check(project, gold_accuracy=0.8)["gold_accuracy"].met  # nobody answered one
    gold = GoldItem.objects.create(project=project, rollout=item.rollout, answers={"5": "2"})
    for right in (True, True, True, False):
        own = QueueItem.objects.create(
            project=project, rollout=item.rollout, overlap=1, kinds=[5], state="gold"
        )
        GoldTry.objects.create(
            gold=gold, annotator=make_user(), item=own, attempt=1,
            score=float(right), answered_at=timezone.now(),
        )  # fmt: skip
    row = check(project, gold_accuracy=0.8)["gold_accuracy"]
    assert "0.75 (0.30 to 0.95, 4 answers)" in row.text  # Wilson, 3 of 4
    assert not row.met
    assert check(project, gold_accuracy=0.3)["gold_accuracy"].met


def test_silver_guesses_and_what_a_tier_implies_are_nobodys_answers(project: Project) -> None:
    data = Data([1, 2], {3: {"consensus": 1, "implied": 1}, 4: {"gold": 1}, 5: {"silver": 2}})
    row = check(project, data, human_coverage=0.34)["human_coverage"]
    assert "answered 0.33 of steps 3 to 5" in row.text
    assert not row.met
    assert check(project, data, human_coverage=0.33)["human_coverage"].met
    assert check(project, data, method="rm") == {}


def test_the_reward_model_must_be_the_appointed_one(project: Project) -> None:
    rm = rm_make()
    assert not check(project, rm=rm, rm_gated=True)["rm_gated"].met
    RmAppointment.objects.create(project=project, rm=rm)
    assert check(project, rm=rm)["rm_gated"].met
    assert check(project) == {}  # no reward model, nothing to be appointed


def test_pairs_teach_where_rollouts_differ_in_a_known_reward(project: Project) -> None:
    same, differing, single = (
        pair_make(project, "q", title) for title in ("same", "differing", "single")
    )
    for pair in (same, differing, single):
        truth_make(pair, kinds=(5,))
    data = Data([same.pk, differing.pk, single.pk], NOTHING.truth)
    rollout_make(single)
    row = check(project, data, varied_pairs=0.5)["varied_pairs"]
    assert "unknown" in row.text
    assert not row.met
    for pair, tiers in ((same, ("3", "2")), (differing, ("4", "2"))):
        for index, tier in enumerate(tiers):
            rollout_make(pair, cot_of(tier=tier), index=index)
    row = check(project, data, varied_pairs=0.5)["varied_pairs"]
    assert row.text.startswith("in 1 of 2 pairs")
    assert row.met
    assert not check(project, data, varied_pairs=0.6)["varied_pairs"].met
