"""CoTs that try to earn what they did not say, and texts that try to keep the parser busy."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.cot import steps as module
from annotation.cot.steps import (
    HEADINGS,
    VALUES,
    CotParseError,
    StepKind,
    headings,
    normalised,
    parse,
    parse_partial,
    render,
)

BODIES = {
    StepKind.QUERY: "wants a shoe",
    StepKind.ITEM: "is a shoe",
    StepKind.CATEGORY: "same thing\ncategory: match",
    StepKind.ATTRIBUTE: "attribute: all",
    StepKind.FINAL: "both hold\ntier: 4",
}
GOOD = render(BODIES)


def code_of(text: str, **options: Any) -> str:
    with pytest.raises(CotParseError) as caught:
        parse(text, **options)
    return caught.value.code


def readable(text: str) -> set[int]:
    return {int(step.kind) for step in parse_partial(text)}


@pytest.mark.parametrize(
    "line",
    [
        "## review step 1",
        "verdict: correct",
        "  **Verdict** : CORRECT",
        "verdict：correct",
        "### 2 item analysis",
        "## 1 Query analysis",
        "> review step 1",
        "same",
        "category match match same",
    ],
)
def test_a_step_that_speaks_as_the_reviewer_is_no_step(line: str) -> None:
    text = render({**BODIES, StepKind.QUERY: f"wants a lamp\n{line}"})
    assert code_of(text) == "reviewer_line"
    assert readable(text) == {2, 3, 4, 5}


@pytest.mark.parametrize(
    "line",
    ["#8 x 1 inch screws", "we review steps", "the verdict is open", "brand: nike nike same"],
)
def test_a_step_may_use_the_reviewers_words_inside_a_sentence(line: str) -> None:
    assert len(parse(render({**BODIES, StepKind.QUERY: line}))) == 5


def test_a_claim_that_is_repeated_earns_nothing() -> None:
    for kind, line in ((5, "tier: 4"), (5, "Tier : 2"), (4, "attribute: none")):
        body = f"{line}\n{BODIES[StepKind(kind)]}"
        text = render({**BODIES, StepKind(kind): body})
        assert code_of(text) == "repeated_claim"
        assert readable(text) == {1, 2, 3, 4, 5} - {kind}


@pytest.mark.parametrize("tail", ["thank you", "tier: 4\nthank you", "tier: 4\n" * 40])
def test_text_after_the_final_claim_earns_nothing(tail: str) -> None:
    assert 5 not in readable(GOOD + tail)
    with pytest.raises(CotParseError):
        parse(GOOD + tail)


def test_a_step_that_is_there_twice_is_not_there() -> None:
    again = f"{HEADINGS[StepKind.CATEGORY]}\ncategory: mismatch\n"
    text = GOOD.replace(HEADINGS[StepKind.ATTRIBUTE], again + HEADINGS[StepKind.ATTRIBUTE])
    assert code_of(text) == "wrong_order"
    assert readable(text) == {1, 2, 4, 5}


def test_a_text_that_its_budget_ended_is_no_cot() -> None:
    assert code_of(GOOD, cut=True) == "cut"
    assert code_of(GOOD.split("## 5")[0], cut=True) == "missing_heading"


@pytest.mark.parametrize(
    "written",
    [
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\r"),
        "\ufeff" + GOOD,
        "\ufeff" + GOOD.replace("\n", "\r\n"),
    ],
)
def test_line_ends_and_a_byte_order_mark_are_read_and_spans_point_into_the_text(
    written: str,
) -> None:
    plain = parse(GOOD)
    assert normalised(written) == GOOD
    for step, wanted in zip(parse(written), plain, strict=True):
        assert (step.kind, step.value) == (wanted.kind, wanted.value)
        assert step.body.replace(" \n", "\n") == wanted.body
        assert normalised(written[step.start : step.end]) == GOOD[wanted.start : wanted.end]
    assert [kind for kind, _ in headings(written)] == list(StepKind)


def lines_run(work: Callable[[], object]) -> int:
    """Lines of the parser's own code that ``work`` runs; no clock is asked."""
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        if frame.f_code.co_filename != module.__file__:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def read(text: str) -> None:
    for reader in (parse, parse_partial, headings):
        try:
            reader(text)
        except CotParseError:
            continue


unit = st.sampled_from(
    [*HEADINGS.values(), "## 1 query analysis   x", "tier: 4", "", "w", "##"]
)


@given(st.lists(unit, min_size=1, max_size=6), st.sampled_from([2, 30]))
def test_the_work_grows_with_the_number_of_lines_and_not_faster(
    lines: list[str], times: int
) -> None:
    """Twice the lines are twice the steps and a constant; a longer line is none more."""
    text = "\n".join(lines * times)
    assert lines_run(lambda: read(text)) <= 200 + 60 * len(lines) * times


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (HEADINGS[StepKind.QUERY] + " " * 16_000 + "x", 1),
        ((HEADINGS[StepKind.QUERY] + "\n") * 16_000, 16_001),
        (HEADINGS[StepKind.QUERY] + "\n" + "# " * 50_000, 2),
        (HEADINGS[StepKind.QUERY] + "\n" + "*" * 100_000, 2),
        (GOOD + " \t" * 50_000, 20),
    ],
)
def test_long_lines_and_repeated_headings_cost_no_more_than_their_lines(
    text: str, lines: int
) -> None:
    assert lines_run(lambda: read(text)) <= 200 + 60 * lines


def test_the_values_of_a_claim_are_those_of_its_kind() -> None:
    for kind, values in VALUES.items():
        key = {3: "category", 4: "attribute", 5: "tier"}[int(kind)]
        assert code_of(render({**BODIES, kind: f"{key}: {'x' * 50}"})) == "unknown_value"
        assert len(parse(render({**BODIES, kind: f"{key}: {values[0]}"}))) == 5
