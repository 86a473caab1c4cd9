"""Which steps tell two reward models apart: judged by people, learned by neither."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import timezone

from annotation.models import GoldItem, Project, Resolution, Rollout
from tests.training.judges.conftest import RmMaker
from tests.training.world import cot, pair_make, policy_make, resolve, rm_make, rollout_make
from training.judges.gold import Learned, gold_verdicts, learned_from
from training.models import Checkpoint

pytestmark = pytest.mark.django_db


def judged(
    project: Project, query: str, verdicts: dict[int, str], split: str = "test"
) -> Rollout:
    rollout = rollout_make(pair_make(project, query, query, split=split))
    resolve(rollout, verdicts)
    return rollout


def gold(project: Project, *rms: Checkpoint) -> list[tuple[str, int, bool]]:
    rows = gold_verdicts(project=project, rms=rms)
    return [(row.step.rollout.pair.query, row.step.kind, row.correct) for row in rows]


def test_gold_is_what_people_decided_of_queries_that_neither_model_learned_from(
    project: Project, rm_of: RmMaker
) -> None:
    for query in ("seen by one", "seen by both", "new"):
        judged(project, query, {3: "incorrect", 1: "correct"}, split="train")
    first, second = (
        rm_of("first", ("Seen  by ONE", "seen by both")),
        rm_of("second", ("seen by both",)),
    )
    assert gold(project, first, second) == [("new", 1, True), ("new", 3, False)]
    assert len(gold(project, second)) == 4


def test_undecided_withdrawn_and_malformed_steps_are_no_gold(
    project: Project, rm_of: RmMaker
) -> None:
    judged(project, "a", {3: "", 4: "unsure", 5: "correct"})
    judged(project, "b", {3: "correct"})
    Resolution.objects.filter(pair__query="b").update(withdrawn_at=timezone.now())
    broken = rollout_make(pair_make(project, "c", "c"), text="no steps")
    resolve(broken, {3: "correct"})
    assert gold(project, rm_of("rm")) == [("a", 5, True)]


def test_the_newest_decision_of_a_step_counts(project: Project, rm_of: RmMaker) -> None:
    rollout = judged(project, "a", {3: "correct"})
    resolve(rollout, {3: "incorrect"})
    assert gold(project, rm_of("rm")) == [("a", 3, False)]


def test_the_answers_of_a_gold_item_are_verdicts_where_nobody_decided(
    project: Project, rm_of: RmMaker
) -> None:
    rollout = judged(project, "a", {5: "correct"})
    answers = {"1": "incorrect", "3": "match", "4": "none", "5": "1"}
    item = GoldItem.objects.create(
        project=project, rollout=rollout, answers=answers, source="lead"
    )
    rm = rm_of("rm")
    # the rollout claims match, all and tier 4
    assert gold(project, rm) == [
        ("a", 1, False), ("a", 3, True), ("a", 4, False), ("a", 5, True),
    ]  # fmt: skip
    item.active = False
    item.save(update_fields=["active"])
    assert gold(project, rm) == [("a", 5, True)]


def test_steps_come_in_the_order_of_the_text(project: Project, rm_of: RmMaker) -> None:
    head, _, tail = cot().partition("## 5")
    pair = pair_make(project, "a", "a", split="test")
    rollout = rollout_make(pair, text=f"## 5{tail}{head}", layout="answer_first")
    resolve(rollout, {1: "correct", 5: "correct"})
    assert gold(project, rm_of("rm")) == [("a", 5, True), ("a", 1, True)]


def test_a_model_that_went_on_from_another_learned_what_that_one_did(rm_of: RmMaker) -> None:
    base = rm_of("base", ("one",))
    tuned = rm_of("tuned", ("two",), policy=base)
    assert learned_from(tuned).queries == {"one", "two"}


def test_without_its_labels_only_the_split_that_the_run_kept_out_is_safe(
    project: Project, rm_of: RmMaker
) -> None:
    for split in ("train", "val", "test"):
        judged(project, split, {3: "correct"}, split=split)
    assert gold(project, rm_make()) == [("test", 3, True)]
    lost = rm_of("lost", None, config={"data": {"eval_split": "val"}})
    assert gold(project, lost) == [("val", 3, True)]
    assert gold(project, lost, rm_make(name="registered")) == []


def test_a_policy_behind_a_model_is_not_asked_what_it_learned(
    rm_of: RmMaker, tmp_path: Path
) -> None:
    learned = learned_from(rm_of("rm", ("one",), policy=policy_make()))
    assert learned == Learned(frozenset({"one"}))
