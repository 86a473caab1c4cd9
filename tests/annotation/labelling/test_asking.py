"""What is still to ask about a rollout, without a database."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from annotation.cot.steps import VALUES, StepKind
from annotation.labelling.asking import (
    Answers,
    Asking,
    Question,
    answered,
    question_of,
    questions,
    still_to_ask,
)

KINDS = [int(kind) for kind in StepKind]
HASHES = {1: "a", 2: "b", 3: "c", 4: "d", 5: "e"}
CLAIMS = {3: "match", 4: "all", 5: "4"}


def rollout(
    kinds: list[int] | None = None, pair: int = 1, hashes: dict[int, str] = HASHES
) -> Asking:
    return Asking(pair, KINDS if kinds is None else kinds, hashes, CLAIMS)


def test_nothing_known_asks_everything() -> None:
    assert still_to_ask(rollout(), {}) == [1, 2, 3, 4, 5]


def test_a_value_of_the_pair_serves_every_text_and_a_verdict_its_own() -> None:
    answers: Answers = {(1, 1, "a"): "correct", (1, 2, "b"): "incorrect", (1, 5, ""): "2"}
    assert still_to_ask(rollout(), answers) == [3, 4]
    other = rollout(hashes={1: "a", 2: "x", 3: "y", 4: "z", 5: "w"})
    assert still_to_ask(other, answers) == [2, 3, 4]
    assert still_to_ask(rollout(pair=2), answers) == [1, 2, 3, 4, 5]


def test_a_question_in_the_queue_is_not_put_twice() -> None:
    first = rollout()
    waiting = questions(first, still_to_ask(first, {}))
    assert still_to_ask(rollout(hashes={**HASHES, 2: "x"}), {}, waiting) == [2]


def test_nothing_is_asked_after_a_known_first_error() -> None:
    wrong_category: Answers = {(1, 3, ""): "mismatch"}
    assert still_to_ask(rollout(), wrong_category, first_error_only=True) == [1, 2]
    assert still_to_ask(rollout(), wrong_category) == [1, 2, 4, 5]
    wrong_query: Answers = {(1, 1, "a"): "incorrect"}
    assert still_to_ask(rollout(), wrong_query, first_error_only=True) == []
    as_claimed: Answers = {(1, 3, ""): "match"}
    assert still_to_ask(rollout(), as_claimed, first_error_only=True) == [1, 2, 4, 5]


def test_with_first_error_only_a_waiting_value_serves_its_own_text_alone() -> None:
    first = rollout()
    waiting = questions(first, KINDS, first_error_only=True)
    assert still_to_ask(rollout(), {}, waiting, first_error_only=True) == []
    other = rollout(hashes={1: "a", 2: "x", 3: "y", 4: "z", 5: "w"})
    assert still_to_ask(other, {}, waiting, first_error_only=True) == [2, 3, 4, 5]


rollouts = st.builds(
    lambda pair, kinds, hashes, claims: Asking(
        pair,
        sorted(kinds),
        dict(zip(KINDS, hashes, strict=True)),
        dict(zip((3, 4, 5), claims, strict=True)),
    ),
    st.integers(1, 3),
    st.sets(st.sampled_from(KINDS), min_size=1),
    st.tuples(*[st.sampled_from("ab")] * 5),
    st.tuples(*[st.sampled_from(VALUES[StepKind(kind)]) for kind in (3, 4, 5)]),
)


def _answer(question: Question) -> st.SearchStrategy[str]:
    if question[1] < 3:
        return st.sampled_from(["correct", "incorrect"])
    return st.sampled_from(VALUES[StepKind(question[1])])


@st.composite
def known(draw: st.DrawFn) -> dict[Question, str]:
    pool = st.builds(
        question_of, st.integers(1, 3), st.sampled_from(KINDS), st.sampled_from("ab")
    )
    return {question: draw(_answer(question)) for question in draw(st.sets(pool))}


@given(st.lists(rollouts, max_size=6), known())
def test_every_question_of_a_batch_is_answered_or_put_exactly_once(
    batch: list[Asking], answers: dict[Question, str]
) -> None:
    waiting: set[Question] = set()
    put: list[Question] = []
    for each in batch:
        kinds = still_to_ask(each, answers, waiting)
        new = questions(each, kinds)
        put += sorted(new)
        waiting |= new
    assert len(put) == len(set(put))
    assert not set(put) & set(answers)
    wanted = {q for each in batch for q in questions(each, each.kinds)}
    assert wanted <= set(put) | set(answers)


@given(rollouts, known(), st.booleans())
def test_a_further_answer_never_makes_a_question(
    each: Asking, answers: dict[Question, str], first_error_only: bool
) -> None:
    before = still_to_ask(each, {}, first_error_only=first_error_only)
    left = still_to_ask(each, answers, first_error_only=first_error_only)
    assert set(left) <= set(before)
    if not first_error_only:
        assert set(left) == set(each.kinds) - answered(each, answers)


@given(rollouts, known(), st.booleans())
def test_asking_again_while_the_item_waits_asks_nothing(
    each: Asking, answers: dict[Question, str], first_error_only: bool
) -> None:
    kinds = still_to_ask(each, answers, first_error_only=first_error_only)
    waiting = questions(each, kinds, first_error_only=first_error_only)
    assert not still_to_ask(each, answers, waiting, first_error_only=first_error_only)
