import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.cot.steps import STRUCTURED_KINDS, VALUES, StepKind
from verifier.checks import check
from verifier.truth import SOURCES, Truth, TruthError, TruthTable, dump, load, parse_table

FINAL, CATEGORY = StepKind.FINAL, StepKind.CATEGORY

truths = st.sampled_from(STRUCTURED_KINDS).flatmap(
    lambda kind: st.tuples(
        st.text(min_size=1, max_size=5),
        st.just(kind),
        st.builds(Truth, st.sampled_from(VALUES[kind]), st.sampled_from(SOURCES)),
    )
)


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


@given(st.lists(truths, max_size=8))
def test_a_dumped_table_loads_as_it_was(rows: list[tuple[str, StepKind, Truth]]) -> None:
    table = TruthTable(rows)
    assert parse_table(dump(table)).rows() == table.rows()


def test_a_changed_value_is_refused(tmp_path: Path) -> None:
    body = json.loads(dump(TruthTable([("p", FINAL, Truth("4", "gold"))])))
    body["rows"][0][2] = "1"
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
