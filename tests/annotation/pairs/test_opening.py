"""Recording rollouts and putting them into the queue."""

from __future__ import annotations

import pytest

from annotation.cot.errors import Conflict, Invalid
from annotation.cot.steps import HEADINGS, StepKind
from annotation.labelling.rollouts import rollout_record
from annotation.models import QueueItem, Step
from annotation.quality.projects import project_create
from tests.factories import cot, make_pair, make_project, make_rollout, open_item

pytestmark = pytest.mark.django_db


def test_a_well_formed_rollout_has_five_steps_with_spans_and_claims() -> None:
    rollout = make_rollout(make_pair(make_project()))
    assert rollout.parse_error == ""
    steps = list(rollout.steps.all())
    assert [step.value for step in steps] == ["", "", "match", "none", "2"]
    for step in steps:
        assert rollout.text[step.start : step.end] == step.text
        assert step.text.startswith(HEADINGS[StepKind(step.kind)])


def test_recording_the_same_sample_twice_keeps_one() -> None:
    pair = make_pair(make_project())
    first, second = make_rollout(pair, seed=7), make_rollout(pair, seed=7)
    assert first == second
    assert Step.objects.count() == 5


def test_equal_steps_of_one_pair_share_a_hash_until_they_differ() -> None:
    pair = make_pair(make_project())
    one, two = make_rollout(pair), make_rollout(pair, cot(attribute="partial"))
    first = dict(one.steps.values_list("kind", "sha256"))
    second = dict(two.steps.values_list("kind", "sha256"))
    assert [kind for kind in first if first[kind] == second[kind]] == [1, 2, 3]


def test_equal_steps_of_two_pairs_never_share_a_hash() -> None:
    project = make_project()
    one, two = make_rollout(make_pair(project)), make_rollout(make_pair(project))
    hashes = [set(r.steps.values_list("sha256", flat=True)) for r in (one, two)]
    assert not hashes[0] & hashes[1]


def test_a_malformed_rollout_is_kept_with_what_can_be_read() -> None:
    text = cot().replace("tier: 2", "tier: nine")
    rollout = make_rollout(make_pair(make_project()), text)
    assert rollout.parse_error == "unknown_value"
    assert "is not one of 4, 3, 2, 1" in rollout.parse_message
    assert [step.kind for step in rollout.steps.all()] == [1, 2, 3, 4]


@pytest.mark.parametrize("text", ["", "\x00", "\ud800 broken", "no headings at all"])
def test_whatever_a_policy_writes_can_be_stored(text: str) -> None:
    rollout = rollout_record(
        pair=make_pair(make_project()), text=text, policy="p", prompt_version="1"
    )
    rollout.refresh_from_db()
    assert rollout.parse_error
    assert len(rollout.text) == len(text)


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_a_byte_order_mark_are_normalised_and_spans_point_into_what_is_stored(
    mark: str,
) -> None:
    pair = make_pair(make_project())
    plain = cot()
    rollout = rollout_record(
        pair=pair, text=mark + plain.replace("\n", "\r\n"), policy="p", prompt_version="1"
    )
    assert (rollout.text, rollout.parse_error) == (plain, "")
    for step in rollout.steps.all():
        assert step.text == plain[step.start : step.end]
    assert rollout_record(pair=pair, text=plain, policy="p", prompt_version="1") == rollout


def test_a_rollout_that_its_token_budget_ended_does_not_count_as_whole() -> None:
    rollout = rollout_record(
        pair=make_pair(make_project()),
        text=cot(),
        policy="p",
        prompt_version="1",
        finish="length",
    )
    assert rollout.parse_error == "cut"
    assert rollout.steps.count() == 5


def test_an_answer_first_rollout_is_read_in_its_own_order() -> None:
    text = cot()
    head, final = text.split(HEADINGS[StepKind.FINAL])
    rollout = rollout_record(
        pair=make_pair(make_project()),
        text=HEADINGS[StepKind.FINAL] + final + head,
        policy="p",
        prompt_version="1",
        layout="answer_first",
    )
    assert [step.kind for step in rollout.steps.all()] == [5, 1, 2, 3, 4]


def test_a_rollout_is_in_the_queue_once_and_a_higher_priority_counts() -> None:
    rollout = make_rollout(make_pair(make_project()))
    first = open_item(rollout)
    again = open_item(rollout, reason="disagreement")
    assert (again.pk, again.reason, again.priority) == (first.pk, "new", 100)
    assert QueueItem.objects.count() == 1


def test_a_malformed_rollout_asks_about_the_readable_steps_and_all_values() -> None:
    text = cot().split(HEADINGS[StepKind.ITEM])[0]
    item = open_item(make_rollout(make_pair(make_project()), text))
    assert (item.reason, item.kinds) == ("malformed", [1, 3, 4, 5])


def test_impossible_requests_are_refused() -> None:
    rollout = make_rollout(make_pair(make_project(overlap=2, max_overlap=3)))
    with pytest.raises(Invalid, match="between 1 and 3"):
        open_item(rollout, overlap=4)
    with pytest.raises(Invalid, match="step numbers"):
        open_item(rollout, kinds=[6])


def test_a_project_needs_a_free_slug_and_a_whole_rules_table() -> None:
    project_create(slug="shop")
    with pytest.raises(Conflict, match="already a project"):
        project_create(slug="shop")
    with pytest.raises(Invalid, match=r"\[match\] partial must be"):
        project_create(slug="other", rules="[match]\nall = 4")
    with pytest.raises(Invalid, match="overlap"):
        project_create(slug="other", overlap=3, max_overlap=2)
