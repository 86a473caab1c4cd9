"""The CoT format: what is written is read, whatever else comes never breaks the parser."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.cot.steps import (
    CLAIM_KEYS,
    HEADINGS,
    LAYOUTS,
    VALUES,
    CotParseError,
    Layout,
    ParsedStep,
    StepKind,
    headings,
    layout_order,
    parse,
    parse_partial,
    render,
    speaks_as_reviewer,
    step_hashes,
    step_sha256,
)

lines = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="#\x85"),
    max_size=20,
).filter(lambda line: not speaks_as_reviewer(line) and ":" not in line)
evidence = st.lists(lines, max_size=3).map("\n".join).map(lambda text: f"so: {text}".strip())


@st.composite
def bodies(draw: st.DrawFn) -> dict[StepKind, str]:
    parsed = {kind: draw(evidence) for kind in StepKind}
    for kind, allowed in VALUES.items():
        parsed[kind] += f"\n{CLAIM_KEYS[kind]}: {draw(st.sampled_from(allowed))}"
    return parsed


@given(bodies(), st.sampled_from(LAYOUTS))
def test_what_is_rendered_is_parsed_back(parts: dict[StepKind, str], layout: Layout) -> None:
    text = render(parts, layout)
    steps = parse(text, layout)
    assert tuple(step.kind for step in steps) == layout_order(layout)
    for step in steps:
        assert step.body == parts[step.kind].strip()
        assert text[step.start : step.end].startswith(HEADINGS[step.kind])
        if step.kind in VALUES:
            assert parts[step.kind].endswith(f": {step.value}")
    assert parse_partial(text) == steps


pieces = st.sampled_from(
    [
        *HEADINGS.values(),
        "category: match",
        "tier: 4",
        "tier: x",
        "attribute:",
        "",
        "word",
        "##",
    ]
)


@given(st.one_of(st.text(), st.lists(pieces, max_size=14).map("\n".join)))
def test_any_text_gives_five_steps_or_one_typed_error(text: str) -> None:
    with suppress(CotParseError):
        assert len(parse(text)) == 5
    steps = parse_partial(text)
    assert all(one.end <= following.start for one, following in pairwise(steps))
    assert len({step.kind for step in steps}) == len(steps)
    assert all(text[start:].startswith("## ") for _, start in headings(text))


GOOD = render(
    {
        StepKind.QUERY: "q",
        StepKind.ITEM: "i",
        StepKind.CATEGORY: "c\ncategory: match",
        StepKind.ATTRIBUTE: "a\nattribute: all",
        StepKind.FINAL: "f\ntier: 4",
    }
)


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (" \n", "empty", 1),
        ("hello\n" + GOOD, "text_before_first_step", 1),
        (GOOD.split("## 5")[0], "missing_heading", 11),
        (GOOD + HEADINGS[StepKind.ITEM] + "\nagain\n", "wrong_order", 14),
        (GOOD.replace("\nq\n", "\n\n"), "empty_step", 1),
        (GOOD.replace("tier: 4", "the best"), "missing_claim", 11),
        (GOOD.replace("tier: 4", "tier: 5"), "unknown_value", 11),
    ],
)
def test_each_defect_has_its_code_and_line(text: str, code: str, line: int) -> None:
    with pytest.raises(CotParseError) as caught:
        parse(text)
    assert (caught.value.code, caught.value.line) == (code, line)


def test_the_answer_first_layout_is_not_read_as_answer_last() -> None:
    text = render({kind: step.body for kind, step in _by_kind(GOOD).items()}, "answer_first")
    with pytest.raises(CotParseError) as caught:
        parse(text, "answer_last")
    assert caught.value.code == "wrong_order"


def test_an_open_step_is_known_by_its_own_words_and_a_structured_one_by_all_before_it() -> None:
    other = GOOD.replace("\nq\n", "\nanother reading\n", 1)
    assert other != GOOD
    one, two = (step_hashes("pair", text, parse(text)) for text in (GOOD, other))
    assert [one[kind] == two[kind] for kind in StepKind] == [False, True, False, False, False]
    chained = [step_hashes("pair", t, parse(t), chained=True) for t in (GOOD, other)]
    assert not set(chained[0].values()) & set(chained[1].values())
    assert {kind for kind in StepKind if chained[0][kind] == one[kind]} == {1, 3, 4, 5}


def test_the_hash_ignores_case_and_spacing_but_not_words_or_context() -> None:
    assert step_sha256("pair", ["A  b"]) == step_sha256("pair", ["a b"])
    assert step_sha256("pair", ["a b"]) != step_sha256("pair", ["a c"])
    assert step_sha256("pair", ["a b"]) != step_sha256("other", ["a b"])
    assert step_sha256("pair", ["a", "b"]) != step_sha256("pair", ["b"])


def _by_kind(text: str) -> dict[StepKind, ParsedStep]:
    return {step.kind: step for step in parse(text)}
