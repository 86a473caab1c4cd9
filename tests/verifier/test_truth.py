import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.cot.steps import OPEN_KINDS, STRUCTURED_KINDS, VALUES, StepKind
from verifier.checks import check
from verifier.truth import (
    SOURCES,
    STATED,
    VERDICTS,
    Entry,
    Truth,
    TruthError,
    TruthTable,
    dump,
    load,
    parse_table,
    table_sha256,
)

FINAL, CATEGORY, QUERY = StepKind.FINAL, StepKind.CATEGORY, StepKind.QUERY
TEXT = "a1" * 32  # the hash of an open step's text

truths = st.sampled_from(STRUCTURED_KINDS).flatmap(
    lambda kind: st.tuples(
        st.text(min_size=1, max_size=5),
        st.just(kind),
        st.builds(
            Truth,
            st.sampled_from(VALUES[kind]),
            st.sampled_from(SOURCES),
            st.none() | st.integers(1, 9),
        ),
    )
)
verdicts = st.tuples(
    st.sampled_from([TEXT, "b2" * 32]),
    st.sampled_from(OPEN_KINDS),
    st.builds(Truth, st.sampled_from(VERDICTS), st.sampled_from(STATED)),
)


def with_sum(body: dict[str, object]) -> str:
    """The text of a file that holds this, with the sum of versions 2 and 3."""
    ordered = json.dumps(dict(sorted(body.items())), ensure_ascii=False, separators=(",", ":"))
    return json.dumps({**body, "sha256": hashlib.sha256(ordered.encode()).hexdigest()})


def version_3(rows: Sequence[object], steps: Sequence[object], number: int = 3) -> str:
    return with_sum({"version": number, "labels": "", "rows": rows, "steps": steps})


def test_the_stronger_source_wins_in_either_order() -> None:
    strong, weak = Truth("4", "adjudicated"), Truth("1", "consensus")
    for rows in ([strong, weak], [weak, strong]):
        table = TruthTable([("p", FINAL, truth) for truth in rows])
        assert table.lookup("p", FINAL) == strong


def test_gold_comes_after_people_and_before_silver() -> None:
    table = TruthTable(
        [
            ("a", FINAL, Truth("1", "silver")),
            ("a", FINAL, Truth("2", "gold")),
            ("b", FINAL, Truth("2", "gold")),
            ("b", FINAL, Truth("3", "consensus")),
        ]
    )
    assert table.lookup("a", FINAL) == Truth("2", "gold")
    assert table.lookup("b", FINAL) == Truth("3", "consensus")


def test_what_nobody_knows_is_none() -> None:
    assert TruthTable().lookup("p", FINAL) is None


@given(st.lists(truths, max_size=8), st.lists(verdicts, max_size=8), st.text(max_size=4))
def test_a_dumped_table_loads_as_it_was(
    rows: list[Entry], steps: list[Entry], labels: str
) -> None:
    table = TruthTable(rows, steps, labels)
    loaded = parse_table(dump(table))
    assert (loaded.rows(), loaded.steps()) == (table.rows(), table.steps())
    assert (loaded.labels, table_sha256(loaded)) == (labels, table_sha256(table))


def test_a_verdict_on_a_text_serves_that_text_and_kind_alone() -> None:
    weak, strong = Truth("incorrect", "consensus"), Truth("correct", "adjudicated")
    table = TruthTable(steps=[(TEXT, QUERY, weak), (TEXT, QUERY, strong)])
    assert table.step(TEXT, QUERY) == strong
    assert table.step(TEXT, StepKind.ITEM) is None
    assert table.step("b2" * 32, QUERY) is None


def test_the_file_is_of_version_3_and_its_sum_covers_all_that_it_holds() -> None:
    table = TruthTable(
        [("p", FINAL, Truth("4", "consensus", 7))], [(TEXT, QUERY, Truth("correct", "gold"))]
    )
    rows, steps = [["p", 5, "4", "consensus", 7]], [[TEXT, 1, "correct", "gold"]]
    assert json.loads(dump(table)) == json.loads(version_3(rows, steps))


def test_a_file_of_version_1_loads_with_the_sum_of_then() -> None:
    digest = hashlib.sha256(b'[["p",3,"match","gold"],["p",5,"4","silver"]]').hexdigest()
    rows = [["p", 5, "4", "silver"], ["p", 3, "match", "gold"]]
    table = parse_table(json.dumps({"sha256": digest, "rows": rows}))
    assert table.lookup("p", FINAL) == Truth("4", "silver")
    assert table.steps() == []
    with pytest.raises(TruthError, match="sha256 differs"):
        parse_table(json.dumps({"sha256": digest, "rows": rows[:1]}))


def test_a_file_of_version_2_keeps_its_hashes_and_its_sum() -> None:
    text = version_3([], [["ab" * 32, 2, "correct", "consensus"]], number=2)
    table = parse_table(text)
    assert table.chained
    assert table.step("ab" * 32, StepKind.ITEM) == Truth("correct", "consensus")
    assert json.loads(dump(table)) == json.loads(text)
    assert table.with_rows([]).chained
    assert table.changed(lambda _key, _kind, truth: truth).chained
    assert not parse_table(version_3([], [])).chained


def test_a_file_of_a_version_to_come_is_refused() -> None:
    with pytest.raises(TruthError, match="version 4: this program reads up to 3"):
        parse_table(with_sum({"version": 4, "rows": []}))


@pytest.mark.parametrize(
    ("part", "place", "value"), [("rows", 2, "1"), ("rows", 4, 8), ("steps", 2, "incorrect")]
)
def test_a_changed_value_is_refused(
    tmp_path: Path, part: str, place: int, value: object
) -> None:
    table = TruthTable(
        [("p", FINAL, Truth("4", "gold", 7))], [(TEXT, QUERY, Truth("correct", "gold"))]
    )
    body = json.loads(dump(table))
    body[part][0][place] = value
    path = tmp_path / "truth.json"
    path.write_text(json.dumps(body))
    with pytest.raises(TruthError, match="sha256 differs"):
        load(path)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (["p", 1, "match", "gold"], "row 1: kind must be 3, 4 or 5"),
        (["p", 3, "perfect", "gold"], "row 1: 'perfect' is not a value of step 3"),
        (["p", 3, "match", "hearsay"], "row 1: 'hearsay' is not a source"),
        (["p", 3], "row 1: expected"),
    ],
)
def test_a_bad_row_is_named_by_its_number(row: list[object], message: str) -> None:
    with pytest.raises(TruthError, match=message):
        parse_table(json.dumps({"sha256": "", "rows": [row]}))


@pytest.mark.parametrize(
    ("rows", "steps", "message"),
    [
        ([["p", 5, "4", "gold"]], [], "row 1: expected .*resolution"),
        ([["p", 5, "4", "gold", "7"]], [], "row 1: resolution must be a number"),
        ([], [[TEXT, 3, "correct", "gold"]], "step 1: kind must be 1 or 2"),
        ([], [[TEXT, 1, "unsure", "gold"]], "step 1: 'unsure' is not a verdict"),
        ([], [[TEXT, 1, "correct", "silver"]], "step 1: 'silver' is not a source"),
        ([], [["a1", 1, "correct", "gold"]], "step 1: expected"),
    ],
)
def test_a_bad_row_of_version_3_is_named(
    rows: list[object], steps: list[object], message: str
) -> None:
    with pytest.raises(TruthError, match=message):
        parse_table(version_3(rows, steps))


def test_text_that_is_not_json_is_refused() -> None:
    with pytest.raises(TruthError, match="not JSON"):
        parse_table("{")


def test_a_claim_is_compared_with_the_truth() -> None:
    truth = Truth("match", "gold")
    assert check(CATEGORY, "match", truth).passed is True
    assert check(CATEGORY, "related", truth).passed is False


def test_an_unreadable_claim_fails_where_the_truth_is_known() -> None:
    assert check(CATEGORY, None, Truth("match", "gold")).passed is False


def test_an_unknown_truth_and_an_open_step_give_no_verdict() -> None:
    assert check(CATEGORY, "match", None).passed is None
    assert check(StepKind.QUERY, None, None).passed is None
