"""Step 4 attribute by attribute."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.cot.attributes import (
    MAX_MARKS,
    MAX_NAME,
    STATES,
    AttributeMark,
    asked_attributes,
    marks_json,
    marks_of,
    marks_problem,
    overall,
    still_possible,
)


def marks(*states: str) -> list[AttributeMark]:
    return [AttributeMark(f"attribute {i}", state) for i, state in enumerate(states)]


@pytest.mark.parametrize(
    ("states", "value"),
    [
        (["match", "match"], "all"),
        (["match", "mismatch"], "partial"),
        (["mismatch", "mismatch"], "none"),
        (["unknown"], "none"),
        (["match", "unknown"], "partial"),
        (["match", "not_asked"], "all"),
        (["not_asked"], "not_requested"),
        ([], "not_requested"),
    ],
)
def test_the_overall_value_follows_from_the_attributes(states: list[str], value: str) -> None:
    assert overall(marks(*states)) == value


@given(st.lists(st.sampled_from(STATES)))
def test_the_overall_value_does_not_depend_on_the_order(states: list[str]) -> None:
    assert overall(marks(*states)) == overall(marks(*sorted(states)))


def test_the_lines_of_step_4_are_the_asked_attributes_and_its_claim_is_not() -> None:
    step = "## 4 attribute match\ncolor: red blue unmet\nsize 39: 38, no\nattribute: none"
    assert asked_attributes("", step) == ["color", "size 39"]


def test_what_step_1_asks_and_step_4_passes_over_is_asked_too() -> None:
    query = "## 1 query analysis\ntype: negation\nwant: sandals\nsize: 39\nexcludes: leather"
    step = "size 39: 38, no\nattribute: none"
    assert asked_attributes(query, step) == ["size 39", "excludes leather"]
    step = "size 39: 38, no\nnot leather: synthetic\nattribute: all"
    assert asked_attributes(query, step) == ["size 39", "not leather"]


def test_a_step_that_names_no_attribute_asks_for_none() -> None:
    step = "no attribute is named in the query\nattribute: not_requested"
    assert asked_attributes("asks what is needed", step) == []


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@given(TEXT, TEXT)
def test_any_text_gives_few_distinct_names_that_can_be_marked(query: str, step: str) -> None:
    names = asked_attributes(query, step)
    chosen = [AttributeMark(name, "match") for name in names]
    assert marks_problem(chosen) is None
    assert marks_of(marks_json(chosen)) == tuple(chosen)


@pytest.mark.parametrize(
    ("given_marks", "problem"),
    [
        ([AttributeMark("color", "yes")], "as one of match, mismatch, unknown, not_asked"),
        ([AttributeMark(" ", "match")], "1 to 100 characters"),
        ([AttributeMark("c" * (MAX_NAME + 1), "match")], "1 to 100 characters"),
        ([AttributeMark("color", "match"), AttributeMark("Color ", "match")], "marked twice"),
        (marks(*["match"] * (MAX_MARKS + 1)), "at most 20"),
    ],
)
def test_bad_marks_are_refused_in_words(given_marks: list[AttributeMark], problem: str) -> None:
    assert problem in (marks_problem(given_marks) or "")


@pytest.mark.parametrize("raw", [None, "x", [1], [{"name": "color"}], [{"state": "match"}]])
def test_what_is_no_mark_in_a_draft_is_left_out(raw: object) -> None:
    assert marks_of(raw) == ()


@pytest.mark.parametrize(
    ("states", "values"),
    [
        (["match", ""], {"all", "partial"}),
        (["mismatch", ""], {"partial", "none"}),
        (["match", "unknown", ""], {"partial"}),
        (["not_asked", ""], {"not_requested", "all", "none"}),
        (["not_asked", "", ""], {"not_requested", "all", "partial", "none"}),
        (["match", "match"], {"all"}),
    ],
)
def test_unmarked_attributes_leave_values_possible(states: list[str], values: set[str]) -> None:
    assert still_possible(states) == values


@given(st.lists(st.sampled_from(["", *STATES]), max_size=6))
def test_what_the_rows_come_to_was_possible_before(states: list[str]) -> None:
    completed = [state or "match" for state in states]
    assert still_possible(completed) == {overall(marks(*completed))}
    assert still_possible(completed) <= still_possible(states)
