"""Gold: mixed in, scored, disputed; and the pause rule."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from annotation.cot.errors import Conflict, Denied
from annotation.cot.gold import (
    answer_errors,
    answers_conflict,
    label_answers,
    score_of,
    wrong_kinds,
)
from annotation.cot.labels import LabelInput
from annotation.cot.rules import DEFAULT_RULES, parse_rules
from annotation.deciding.resolution import StepDecision, item_adjudicate, item_resolve
from annotation.labelling.gold import gold_from_item, gold_import, gold_retire, gold_save
from annotation.labelling.queue import item_skip, queue_claim
from annotation.labelling.queue_select import queue_state
from annotation.models import (
    Assignment,
    GoldItem,
    GoldTry,
    Project,
)
from annotation.people.roles import Role
from tests.annotation.labelling.gold_world import (
    TRUE,
    answer,
    claim_next,
    gold_project,
    make_gold,
    served,
)
from tests.factories import (
    make_item,
    make_pair,
    make_rollout,
    make_user,
    open_item,
    submit,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead() -> User:
    return make_user(Role.LEAD)


@pytest.fixture
def project() -> Project:
    return gold_project()


# The pure part


def test_a_gold_answer_must_be_a_value_of_its_step() -> None:
    assert answer_errors(TRUE | {"1": "correct"}) is None
    assert answer_errors({}) == "gold needs at least one known answer"
    assert answer_errors({"5": "7"}) == "step 5 must be one of 4, 3, 2, 1"
    assert answer_errors({"1": "match"}) == "step 1 must be one of correct, incorrect"
    assert answer_errors({"6": "1"}) == "'6' is not a step"


def test_unsure_and_unmarked_steps_are_not_right() -> None:
    answers = label_answers(
        [LabelInput(3, "correct", "match"), LabelInput(4, "unsure", reason="?")]
    )
    assert wrong_kinds(TRUE, answers) == [4, 5]
    assert score_of(TRUE, [4, 5]) == pytest.approx(1 / 3)


def test_gold_against_the_rules_table_is_pointed_out() -> None:
    rules = parse_rules(DEFAULT_RULES)
    assert answers_conflict(TRUE, rules) is None
    told = answers_conflict(TRUE | {"5": "4"}, rules)
    assert told == "category match and attribute none give tier 2, not 4"


# Where gold comes from


def test_gold_can_be_added_any_time_from_imported_values(project: Project, lead: User) -> None:
    pair = make_pair(project, gold={"3": "match", "5": "2"})
    first = make_rollout(pair)
    make_rollout(pair)
    make_rollout(make_pair(project))  # without values
    make_rollout(make_pair(project, gold=TRUE), "no steps at all")
    assert gold_import(project=project, lead=lead) == 1
    assert gold_import(project=project, lead=lead) == 0, "one rollout a pair"
    gold = GoldItem.objects.get()
    assert (gold.rollout, gold.answers) == (first, {"3": "match", "5": "2"})


def test_a_resolved_item_becomes_gold_with_what_was_decided(
    project: Project, lead: User
) -> None:
    item = make_item(project)
    with pytest.raises(Conflict, match="only a resolved item"):
        gold_from_item(item=item, lead=lead)
    submit(item, make_user())
    item_resolve(item=item)
    item.refresh_from_db()
    with pytest.raises(Denied):
        gold_from_item(item=item, lead=make_user())
    gold = gold_from_item(item=item, lead=lead, note="Blue is not red.")
    assert gold.answers == TRUE | {"1": "correct", "2": "correct"}
    assert gold.note == "Blue is not red."


# Who is asked, and when


def test_a_new_person_gets_the_onboarding_set_before_the_first_real_item(
    project: Project,
) -> None:
    user, item = make_user(), make_item(project)
    golds = {make_gold(project).pk for _ in range(2)}
    first = answer(user, claim_next(user, project))
    second = answer(user, claim_next(user, project))
    assert {first.gold_id, second.gold_id} == golds
    assert first.purpose == second.purpose == "onboarding"
    assert claim_next(user, project).item_id == item.pk


def test_after_onboarding_gold_comes_at_the_rate_of_the_project(project: Project) -> None:
    user = make_user()
    make_item(project)
    Project.objects.filter(pk=project.pk).update(gold_onboarding=0)
    project.refresh_from_db()
    make_gold(project)
    assert served(user, project, draw=0.5) is None
    claim = served(user, project, draw=0.49)
    assert claim is not None
    assert GoldTry.objects.get(item=claim.item_id).purpose == "continuous"


def test_a_claimed_gold_item_looks_like_any_other_and_is_nobody_elses(
    project: Project,
) -> None:
    user, other = make_user(), make_user()
    item = make_item(project)
    make_gold(project)
    claim = claim_next(user, project)
    assert claim_next(user, project).pk == claim.pk, "a reload shows the same item"
    assert (claim.item.kinds, claim.item.overlap) == ([1, 2, 3, 4, 5], 1)
    theirs = claim_next(other, project)
    assert theirs.item_id != claim.item_id, "each person is asked by an item of their own"
    answer(other, theirs)
    assert claim_next(other, project).item_id == item.pk


def test_nobody_is_asked_twice_or_about_a_pair_they_labelled(project: Project) -> None:
    user = make_user()
    item = make_item(project)
    submit(item, user)
    item_resolve(item=item)
    item.refresh_from_db()
    gold_save(rollout=item.rollout, lead=None, answers=TRUE)
    make_item(project)
    assert served(user, project, draw=0.0) is None
    make_gold(project)
    claim = served(user, project, draw=0.0)
    assert claim is not None
    answer(user, claim)
    assert served(user, project, draw=0.0) is None


def test_gold_of_a_pair_that_a_lead_decided_is_not_asked_of_this_lead(
    project: Project, lead: User
) -> None:
    item = make_item(project)
    submit(item, make_user())
    decisions = {kind: StepDecision("correct", TRUE.get(str(kind), "")) for kind in range(1, 6)}
    item_adjudicate(item=item, lead=lead, decisions=decisions)
    gold_save(rollout=item.rollout, lead=None, answers=TRUE)
    make_item(project)
    assert served(lead, project, draw=0.0) is None
    assert served(make_user(), project, draw=0.0) is not None


def test_after_gold_the_queue_offers_no_other_rollout_of_its_pair(project: Project) -> None:
    gold, user = make_gold(project), make_user()
    other = open_item(make_rollout(gold.rollout.pair), priority=9)
    make_item(project)
    claim = served(user, project, draw=0.0)
    assert claim is not None
    answer(user, claim)
    project.gold_percent = project.gold_onboarding = 0
    project.save()
    assert claim_next(user, project).item_id != other.pk
    assert queue_state(user, project).open_items == 1
    assert claim_next(make_user(), project).item_id == other.pk


def test_a_gold_item_put_off_comes_back_with_its_draft(project: Project) -> None:
    user = make_user()
    make_item(project)
    make_gold(project)
    claim = claim_next(user, project)
    Assignment.objects.filter(pk=claim.pk).update(draft={"1": {"verdict": "correct"}})
    item_skip(assignment=claim, annotator=user, how="to_me")
    again = claim_next(user, project)
    assert again.item_id == claim.item_id
    assert again.draft == {"1": {"verdict": "correct"}}


def test_retired_gold_and_an_empty_queue_ask_nobody(project: Project, lead: User) -> None:
    user = make_user()
    gold = make_gold(project)
    assert queue_claim(annotator=user, project=project) is None, "nothing to mix it into"
    make_item(project)
    gold_retire(gold=gold, lead=lead)
    assert served(user, project, draw=0.0) is None
    gold_retire(gold=gold, lead=lead, active=True)
    assert served(user, project, draw=0.0) is not None


def test_somebody_who_labels_any_project_is_asked_too(project: Project) -> None:
    user = make_user()
    make_item(project)
    gold = make_gold(project)
    claim = queue_claim(annotator=user)
    assert claim is not None
    assert GoldTry.objects.get(item=claim.item_id).gold == gold
