"""Nothing is asked twice: what is decided, or in the queue, is left out of a new item."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotation.cot.draws import is_drawn
from annotation.cot.rules import DEFAULT_RULES
from annotation.deciding.resolution import (
    StepDecision,
    item_adjudicate,
    item_reopen,
    item_resolve,
)
from annotation.labelling.opening import Wanted, rollouts_open
from annotation.labelling.queue import queue_ask, queue_open
from annotation.models import Pair, Project, QueueItem, Resolution, Rollout
from annotation.people.roles import Role
from annotation.quality.guidelines import guideline_save
from tests.factories import (
    cot,
    labels_for,
    make_pair,
    make_project,
    make_rollout,
    make_user,
    submit,
)

pytestmark = pytest.mark.django_db
SAME = cot()
OTHER = cot().replace("color blue", "color green")  # step 2 differs
READ_ANEW = cot().replace("want: shoes", "wants shoes")  # step 1 differs


@pytest.fixture
def project() -> Project:
    return without_audits(make_project(overlap=1))


@pytest.fixture
def pair(project: Project) -> Pair:
    return make_pair(project)


def without_audits(project: Project) -> Project:
    project.reuse_audit_percent = 0
    project.save()
    return project


def decided(rollout: Rollout, **answers: str) -> QueueItem:
    item = queue_ask(rollout=rollout, reason="audit")
    for _ in range(item.overlap):
        submit(item, make_user(), labels_for(**answers))
    assert item_resolve(item=item) == QueueItem.State.RESOLVED
    return item


def opened(rollout: Rollout, **wanted: Any) -> QueueItem:
    item = queue_open(rollout=rollout, **wanted)
    assert item is not None
    return item


def opened_all(*rollouts: Rollout) -> list[list[int]]:
    opened = rollouts_open(rollouts=rollouts, wanted=Wanted())
    return [item.kinds for item in opened.items]


def test_a_text_that_was_judged_is_not_asked_again_word_for_word(pair: Pair) -> None:
    decided(make_rollout(pair, SAME))
    assert queue_open(rollout=make_rollout(pair, SAME)) is None
    opened = rollouts_open(rollouts=[make_rollout(pair, SAME)], wanted=Wanted())
    assert (opened.items, opened.opened, opened.covered) == ([], 0, 1)


def test_another_text_of_the_pair_asks_for_the_steps_that_differ(pair: Pair) -> None:
    decided(make_rollout(pair, SAME))
    item = queue_open(rollout=make_rollout(pair, OTHER))
    assert item is not None
    assert (item.kinds, item.reason) == ([2], "new")


def test_a_step_2_that_was_judged_is_not_asked_again_after_another_step_1(pair: Pair) -> None:
    decided(make_rollout(pair, SAME))
    assert opened_all(make_rollout(pair, READ_ANEW)) == [[1]]


def test_the_same_words_about_another_pair_are_another_question(
    project: Project, pair: Pair
) -> None:
    decided(make_rollout(pair, SAME))
    assert opened_all(make_rollout(make_pair(project), SAME)) == [[1, 2, 3, 4, 5]]


def test_two_rollouts_of_a_batch_put_a_question_once(pair: Pair) -> None:
    rollouts = [make_rollout(pair, text) for text in (SAME, OTHER, SAME)]
    opened = rollouts_open(rollouts=rollouts, wanted=Wanted())
    assert [item.kinds for item in opened.items] == [[1, 2, 3, 4, 5], [2]]
    assert (opened.opened, opened.covered) == (2, 1)


def test_what_waits_in_the_queue_is_not_asked_by_a_later_batch(pair: Pair) -> None:
    first = opened(make_rollout(pair, SAME))
    assert opened_all(make_rollout(pair, OTHER)) == [[2]]
    QueueItem.objects.filter(pk=first.pk).update(state=QueueItem.State.DROPPED)
    assert opened_all(make_rollout(pair, OTHER)) == [[1, 3, 4, 5]], "nobody asks it any more"


@pytest.mark.parametrize("reason", ["audit", "disagreement", "stale", "gold"])
def test_some_reasons_ask_whatever_is_decided(pair: Pair, reason: str) -> None:
    decided(make_rollout(pair, SAME))
    assert opened(make_rollout(pair, SAME), reason=reason).kinds == [1, 2, 3, 4, 5]


def test_a_project_may_ask_everything_of_every_rollout(project: Project, pair: Pair) -> None:
    project.reuse = False
    decided(make_rollout(pair, SAME))
    assert opened_all(make_rollout(pair, SAME), make_rollout(pair, SAME)) == [
        [1, 2, 3, 4, 5],
        [1, 2, 3, 4, 5],
    ]


def test_a_malformed_rollout_keeps_its_question_and_answers_for_nobody(
    project: Project, pair: Pair
) -> None:
    cut = SAME.split("## 5")[0]
    assert opened_all(make_rollout(pair, cut), make_rollout(pair, SAME)) == [
        [1, 2, 3, 4, 5],
        [1, 2, 3, 4, 5],
    ]
    other = make_pair(project, "blue shoes")
    decided(make_rollout(other, SAME))
    assert queue_open(rollout=make_rollout(other, cut)) is None, "its steps are decided"


def test_a_split_step_and_a_withdrawn_answer_are_asked_again(pair: Pair) -> None:
    decided(make_rollout(pair, SAME))
    Resolution.objects.filter(kind=3).update(value="")
    Resolution.objects.filter(kind=1).update(verdict="")
    Resolution.objects.filter(kind=4).update(withdrawn_at=timezone.now())
    assert opened_all(make_rollout(pair, SAME)) == [[1, 3, 4]]


class TestGuidelines:
    def test_a_step_whose_meaning_changed_is_asked_again(
        self, project: Project, pair: Pair
    ) -> None:
        decided(make_rollout(pair, SAME))
        guideline_save(
            project=project, author=None, text="new", rules=project.rules, changed_kinds=[1, 4]
        )
        # The tier rests on the attribute match, whose value is not known any more: but no cell
        # of the rules table has changed.
        assert opened_all(make_rollout(pair, SAME)) == [[1, 4]]

    def test_a_tier_is_asked_again_when_the_pairs_cell_of_the_table_changed(
        self, project: Project, pair: Pair
    ) -> None:
        other = make_pair(project, "blue shoes")
        decided(make_rollout(pair, SAME))  # match, none: tier 2
        decided(make_rollout(other, SAME), attribute="all", tier="4")
        rules = DEFAULT_RULES.replace("none = 2", "none = 3", 1)
        guideline_save(project=project, author=None, text="", rules=rules)
        assert opened_all(make_rollout(pair, SAME), make_rollout(other, SAME)) == [[5]]

    def test_an_answer_under_the_new_guideline_serves_again(
        self, project: Project, pair: Pair
    ) -> None:
        decided(make_rollout(pair, SAME))
        guideline_save(
            project=project, author=None, text="new", rules=project.rules, changed_kinds=[4]
        )
        decided(make_rollout(pair, SAME))
        assert queue_open(rollout=make_rollout(pair, SAME)) is None


class TestFirstErrorOnly:
    @pytest.fixture
    def strict(self, project: Project) -> Project:
        project.first_error_only = True
        project.save()
        return project

    def test_after_a_known_first_error_nothing_is_asked(
        self, strict: Project, pair: Pair
    ) -> None:
        first = opened(make_rollout(pair, SAME), kinds=[1, 2, 3])
        submit(first, make_user(), labels_for(category="related")[:3])
        item_resolve(item=first)
        assert queue_open(rollout=make_rollout(pair, SAME)) is None
        assert opened_all(make_rollout(pair, OTHER)) == [[2]]

    def test_another_text_waits_for_no_value_that_people_may_never_come_to(
        self, strict: Project, pair: Pair
    ) -> None:
        opened(make_rollout(pair, SAME))
        assert opened_all(make_rollout(pair, OTHER), make_rollout(pair, SAME)) == [[2, 3, 4, 5]]


class TestAudits:
    @pytest.fixture
    def audited(self, project: Project) -> Project:
        project.reuse_audit_percent = 40
        project.save()
        return project

    def test_a_share_is_asked_all_the_same_and_every_call_draws_the_same(
        self, audited: Project, pair: Pair
    ) -> None:
        decided(make_rollout(pair, SAME))
        rollouts = [make_rollout(pair, SAME) for _ in range(30)]
        drawn = [r for r in rollouts if is_drawn("reuse", r.pk, 40)]
        assert 0 < len(drawn) < 30
        for repeat in range(2):
            opened = rollouts_open(rollouts=rollouts, wanted=Wanted())
            assert [item.rollout_id for item in opened.items] == [r.pk for r in drawn]
            counts = (opened.opened, opened.audits, opened.covered)
            new = len(drawn) if not repeat else 0
            assert counts == (new, new, 30 - len(drawn))

    def test_an_audit_looks_like_any_item_and_says_with_which_chance_it_was_drawn(
        self, audited: Project, pair: Pair
    ) -> None:
        audited.reuse_audit_percent = 100
        decided(make_rollout(pair, SAME))
        item = opened(make_rollout(pair, OTHER))
        assert (item.reason, item.kinds, item.priority) == ("audit", [1, 2, 3, 4, 5], 0)
        assert (item.selection, item.probability) == ("audit", 1.0)

    def test_what_was_never_decided_is_no_audit(self, audited: Project, pair: Pair) -> None:
        audited.reuse_audit_percent = 100
        assert opened(make_rollout(pair, SAME)).reason == "new"


def test_a_leads_word_serves_like_a_consensus(pair: Pair) -> None:
    lead: User = make_user(Role.LEAD)
    item = decided(make_rollout(pair, SAME))
    item_reopen(item=item, lead=lead, reason="check")
    Resolution.objects.all().update(withdrawn_at=timezone.now())
    item_adjudicate(item=item, lead=lead, decisions={5: StepDecision("incorrect", "4")})
    assert opened_all(make_rollout(pair, SAME)) == [[1, 2, 3, 4]]


def test_a_hundred_rollouts_take_as_many_queries_as_ten(project: Project) -> None:
    def queries(count: int) -> int:
        pairs = [make_pair(project, f"shoes {count} {n}") for n in range(count)]
        decided(make_rollout(pairs[0], SAME))
        rollouts = [make_rollout(pair, SAME) for pair in pairs]
        with CaptureQueriesContext(
            connection,
        ) as captured:
            rollouts_open(rollouts=rollouts, wanted=Wanted())
        return len(captured)

    assert queries(100) == queries(10)
