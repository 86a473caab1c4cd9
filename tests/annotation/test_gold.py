"""Gold: mixed in, scored, disputed; and the pause rule."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from annotation.errors import Conflict, Denied, Invalid
from annotation.gold import answer_errors, answers_conflict, said_of, score_of, wrong_kinds
from annotation.labels import LabelInput
from annotation.models import (
    Assignment,
    GoldItem,
    GoldTry,
    Pause,
    Project,
    Resolution,
    StepLabel,
)
from annotation.roles import Role
from annotation.rules import DEFAULT_RULES, parse_rules
from annotation.selectors.gold import gold_by_person, gold_by_week, gold_list
from annotation.selectors.items import items_due_for_resolution
from annotation.selectors.progress import item_counts, label_count
from annotation.selectors.queue import queue_state
from annotation.services.disputes import dispute_decide, dispute_open
from annotation.services.gold import (
    gold_from_item,
    gold_import,
    gold_retire,
    gold_retry,
    gold_save,
    gold_serve,
)
from annotation.services.labels import label_submit
from annotation.services.pauses import pause_lift
from annotation.services.quality import quality_settings_save
from annotation.services.queue import item_skip, queue_claim
from annotation.services.resolution import item_resolve
from tests.annotation.factories import (
    labels_for,
    make_item,
    make_pair,
    make_project,
    make_rollout,
    make_user,
    submit,
)

pytestmark = pytest.mark.django_db
TRUE = {"3": "match", "4": "none", "5": "2"}


@pytest.fixture
def lead() -> User:
    return make_user(Role.LEAD)


@pytest.fixture
def project() -> Project:
    """Half of all claims are gold; two gold items before the first real one."""
    project = make_project(overlap=1)
    settings: dict[str, Any] = {"gold_percent": 50, "gold_onboarding": 2}
    Project.objects.filter(pk=project.pk).update(**settings)
    project.refresh_from_db()
    return project


def make_gold(project: Project, answers: dict[str, str] | None = None) -> GoldItem:
    rollout = make_rollout(make_pair(project))
    return gold_save(rollout=rollout, lead=None, answers=answers or TRUE)


def claim(user: User, project: Project) -> Assignment:
    held = queue_claim(annotator=user, project=project)
    assert held is not None
    return held


def answer(user: User, held: Assignment, tier: str = "2", attribute: str = "none") -> GoldTry:
    key = f"{user.pk}-{held.pk}"
    labels = labels_for("match", attribute, tier)
    label_submit(assignment=held, annotator=user, client_key=key, labels=labels)
    return GoldTry.objects.get(item=held.item_id)


def served(user: User, project: Project, draw: float) -> Assignment | None:
    return gold_serve(annotator=user, project=project, expires=timezone.now(), draw=draw)


# The pure part


def test_a_gold_answer_must_be_a_value_of_its_step() -> None:
    assert answer_errors(TRUE | {"1": "correct"}) is None
    assert answer_errors({}) == "gold needs at least one known answer"
    assert answer_errors({"5": "7"}) == "step 5 must be one of 4, 3, 2, 1"
    assert answer_errors({"1": "match"}) == "step 1 must be one of correct, incorrect"
    assert answer_errors({"6": "1"}) == "'6' is not a step"


def test_unsure_and_unmarked_steps_are_not_right() -> None:
    said = said_of([LabelInput(3, "correct", "match"), LabelInput(4, "unsure", reason="?")])
    assert wrong_kinds(TRUE, said) == [4, 5]
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
    first = answer(user, claim(user, project))
    second = answer(user, claim(user, project))
    assert {first.gold_id, second.gold_id} == golds
    assert first.purpose == second.purpose == "onboarding"
    assert claim(user, project).item_id == item.pk


def test_after_onboarding_gold_comes_at_the_rate_of_the_project(project: Project) -> None:
    user = make_user()
    make_item(project)
    Project.objects.filter(pk=project.pk).update(gold_onboarding=0)
    project.refresh_from_db()
    make_gold(project)
    assert served(user, project, draw=0.5) is None
    held = served(user, project, draw=0.49)
    assert held is not None
    assert GoldTry.objects.get(item=held.item_id).purpose == "continuous"


def test_a_claimed_gold_item_looks_like_any_other_and_is_nobody_elses(
    project: Project,
) -> None:
    user, other = make_user(), make_user()
    item = make_item(project)
    make_gold(project)
    held = claim(user, project)
    assert claim(user, project).pk == held.pk, "a reload shows the same item"
    assert (held.item.kinds, held.item.overlap) == ([1, 2, 3, 4, 5], 1)
    theirs = claim(other, project)
    assert theirs.item_id != held.item_id, "each person is asked by an item of their own"
    answer(other, theirs)
    assert claim(other, project).item_id == item.pk


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
    held = served(user, project, draw=0.0)
    assert held is not None
    answer(user, held)
    assert served(user, project, draw=0.0) is None


def test_a_gold_item_put_off_comes_back_with_its_draft(project: Project) -> None:
    user = make_user()
    make_item(project)
    make_gold(project)
    held = claim(user, project)
    Assignment.objects.filter(pk=held.pk).update(draft={"1": {"verdict": "correct"}})
    item_skip(assignment=held, annotator=user, how="to_me")
    again = claim(user, project)
    assert again.item_id == held.item_id
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
    held = queue_claim(annotator=user)
    assert held is not None
    assert GoldTry.objects.get(item=held.item_id).gold == gold


# What an answer does, and does not do


def test_gold_answers_never_become_votes_or_truth(project: Project) -> None:
    user = make_user()
    make_item(project)
    gold = make_gold(project)
    before = item_counts(project)
    row = answer(user, claim(user, project))
    row.item.refresh_from_db()
    assert row.item.state == "gold"
    assert StepLabel.objects.filter(item=row.item).count() == 5, "what was said is kept"
    later = timezone.now() + timedelta(days=1)
    assert list(items_due_for_resolution(now=later)) == []
    assert item_resolve(item=row.item) == "gold"
    assert not Resolution.objects.filter(item__rollout=gold.rollout).exists()
    assert (item_counts(project), label_count(project)) == (before, 0)


def test_the_first_attempt_counts_and_tries_are_limited(project: Project) -> None:
    user = make_user()
    make_item(project)
    make_gold(project)
    first = answer(user, claim(user, project), tier="4")
    assert first.wrong == [5]
    assert first.score == pytest.approx(2 / 3)
    with pytest.raises(Denied):
        gold_retry(gold_try=first, annotator=make_user())
    again = gold_retry(gold_try=first, annotator=user)
    assert again.draft["5"]["value"] == "4", "the last answers are there to correct"
    with pytest.raises(Conflict, match="no attempts left"):
        gold_retry(gold_try=first, annotator=user)
    second = answer(user, again, tier="3")
    with pytest.raises(Conflict, match="no attempts left"):
        gold_retry(gold_try=second, annotator=user)
    assert gold_by_person(project)[user.pk]["accuracy"] == pytest.approx(2 / 3)
    (week,) = gold_by_week(project, user)
    assert (week["n"], week["accuracy"]) == (1, pytest.approx(2 / 3))
    (row,) = map(vars, gold_list(project))
    assert (row["asked"], row["disputed"]) == (1, 0)
    assert row["mean"] == pytest.approx(2 / 3)


# The pause rule


def paused(project: Project, user: User) -> Pause:
    """Two gold items with one of three steps wrong each: 67 percent, under 70."""
    quality_settings_save(
        project=project,
        lead=make_user(Role.LEAD),
        numbers={"pause_below": 70, "pause_window": 2},
        consensus="majority",
    )
    make_item(project)
    for _ in range(2):
        make_gold(project)
    answer(user, claim(user, project), tier="4")
    assert not Pause.objects.exists(), "the window is not full yet"
    answer(user, claim(user, project), tier="4")
    return Pause.objects.get()


def test_too_many_wrong_steps_pause_a_person_who_is_told_why(project: Project) -> None:
    user, other = make_user(), make_user()
    pause = paused(project, user)
    assert (pause.n, pause.threshold) == (2, 0.7)
    assert pause.accuracy == pytest.approx(2 / 3)
    assert queue_claim(annotator=user, project=project) is None
    assert queue_claim(annotator=user) is None, "nor by way of all projects"
    state = queue_state(user, project)
    assert (state.why, state.pauses) == ("paused", (pause,))
    assert queue_claim(annotator=other, project=project) is not None
    elsewhere = make_item(make_project())
    held = queue_claim(annotator=user)
    assert held is not None
    assert held.item == elsewhere


def test_a_lead_lifts_a_pause_and_the_window_starts_afresh(project: Project) -> None:
    user = make_user()
    pause = paused(project, user)
    with pytest.raises(Denied):
        pause_lift(pause=pause, lead=user)
    pause_lift(pause=pause, lead=make_user(Role.LEAD), note="read the guideline together")
    make_gold(project)
    held = served(user, project, draw=0.0)
    assert held is not None
    answer(user, held, tier="4")
    assert not Pause.objects.filter(lifted_at=None).exists(), "one item is not two"
    with pytest.raises(Conflict):
        pause_lift(pause=pause, lead=make_user(Role.LEAD))


# Disputes


def test_a_gold_label_can_be_disputed_and_the_trail_stays(project: Project, lead: User) -> None:
    user = make_user()
    make_item(project)
    gold = make_gold(project, TRUE | {"5": "4"})  # a mistake: the rules give 2
    row = answer(user, claim(user, project))
    with pytest.raises(Invalid, match="say why"):
        dispute_open(gold_try=row, annotator=user, reason=" ")
    with pytest.raises(Denied):
        dispute_open(gold_try=row, annotator=make_user(), reason="x")
    dispute = dispute_open(gold_try=row, annotator=user, reason="The rules give tier 2.")
    with pytest.raises(Conflict, match="disputed this gold item already"):
        dispute_open(gold_try=row, annotator=user, reason="again")
    with pytest.raises(Denied):
        dispute_decide(dispute=dispute, lead=user, answers=TRUE)
    with pytest.raises(Invalid):
        dispute_decide(dispute=dispute, lead=lead, answers={"5": "9"})
    decided = dispute_decide(dispute=dispute, lead=lead, answers=TRUE, note="You are right.")
    gold.refresh_from_db()
    row.refresh_from_db()
    assert gold.answers == TRUE
    assert (decided.state, decided.answers_before["5"], decided.answers_after) == (
        "changed",
        "4",
        TRUE,
    )
    assert (decided.decided_by, decided.decision_note) == (lead, "You are right.")
    assert (row.wrong, row.score) == ([], 1.0), "the answer is scored against the new gold"
    with pytest.raises(Conflict, match="decided already"):
        dispute_decide(dispute=dispute, lead=lead, answers=None)


def test_an_upheld_gold_stays_as_it_is(project: Project, lead: User) -> None:
    user = make_user()
    make_item(project)
    gold = make_gold(project)
    row = answer(user, claim(user, project), tier="4")
    dispute = dispute_open(gold_try=row, annotator=user, reason="I think 4.")
    assert dispute_decide(dispute=dispute, lead=lead, answers=TRUE).state == "upheld"
    gold.refresh_from_db()
    row.refresh_from_db()
    assert (gold.answers, row.wrong) == (TRUE, [5])


def test_a_changed_gold_lifts_the_pause_it_had_caused(project: Project, lead: User) -> None:
    user = make_user()
    pause = paused(project, user)
    row = GoldTry.objects.filter(annotator=user).order_by("pk")[0]
    dispute = dispute_open(gold_try=row, annotator=user, reason="It is 4.")
    dispute_decide(dispute=dispute, lead=lead, answers=TRUE | {"5": "4"})
    pause.refresh_from_db()
    assert pause.lifted_at is not None, "5 of 6 steps are right now"
    assert pause.note == "a gold answer was changed"


def test_settings_outside_their_limits_are_refused(project: Project, lead: User) -> None:
    for numbers, said in (
        ({"gold_percent": 51}, "between 0 and 50"),
        ({"gold_tries": 0}, "between 1 and 10"),
        ({"nonsense": 1}, "no setting nonsense"),
    ):
        with pytest.raises(Invalid, match=said):
            quality_settings_save(
                project=project, lead=lead, numbers=numbers, consensus="majority"
            )
    with pytest.raises(Denied):
        quality_settings_save(
            project=project, lead=make_user(), numbers={}, consensus="majority"
        )
