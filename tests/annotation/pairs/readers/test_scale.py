"""Which tier a Quepid grade is: declared, never guessed."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from annotation.models import Pair
from annotation.pairs.formats import read_rows
from annotation.pairs.readers.rows import ImportFileError, PairRow, RowError
from annotation.pairs.readers.scale import grade_of, parse_scale, scale_for
from tests.factories import make_project


def ratings(folder: Path, *grades: str, heading: str = "query,docid,rating") -> Path:
    """The grades of one product for the queries q0, q1 and so on."""
    (folder / "products.jsonl").write_text('{"id": "1", "title": "Lamp"}\n')
    path = folder / "ratings.csv"
    rows = [f"q{number},1,{grade}" for number, grade in enumerate(grades)]
    path.write_text("\n".join([heading, *rows]) + "\n")
    return path


def tiers(path: Path, scale: str | None = None) -> list[str]:
    rows = read_rows(path, "quepid", scale=scale)
    return [row.gold["5"] for row in rows if isinstance(row, PairRow)]


@pytest.mark.parametrize(
    ("grades", "named"),
    [
        (("0", "1"), "0, 1"),
        (("1", "2", "3"), "1, 2, 3"),
        (("10", "0", "5", "7"), "0, 5, 7, 10"),
        (("0", "3"), "0, 3"),
        (("0", "1", "2", "3", "4"), "0, 1, 2, 3, 4"),
    ],
)
def test_grades_that_can_mean_several_things_are_refused_with_the_option(
    tmp_path: Path, grades: tuple[str, ...], named: str
) -> None:
    with pytest.raises(ImportFileError) as refused:
        tiers(ratings(tmp_path, *grades))
    assert f"ratings.csv: the ratings are {named}; " in refused.value.message
    example = ",".join(f"{grade}=TIER" for grade in named.split(", "))
    assert f"--scale {example} " in refused.value.message


def test_a_declared_scale_decides_and_a_grade_outside_it_is_a_bad_row(tmp_path: Path) -> None:
    path = ratings(tmp_path, "0", "1.0", "2")
    assert tiers(path, "0=1,1=4") == ["1", "4"]
    *_, bad = read_rows(path, "quepid", scale="0=1,1=4")
    assert bad == RowError(4, "rating '2' is not one of 0, 1")


@pytest.mark.parametrize("first", [0, 1])
def test_all_four_grades_from_0_or_from_1_are_the_four_tiers(
    tmp_path: Path, first: int
) -> None:
    path = ratings(tmp_path, *(f"{first + n}.0" for n in (3, 0, 1, 2, 3)))
    assert tiers(path) == ["4", "1", "2", "3", "4"]


@pytest.mark.parametrize("text", ["", "1", "0=1,1", "0=5", "=1", "0=1,0.0=2", "0=1;1=4"])
def test_a_scale_that_is_not_one_is_refused(text: str) -> None:
    with pytest.raises(ImportFileError, match="scale: "):
        parse_scale(text)


@given(st.dictionaries(st.integers(0, 99).map(str), st.sampled_from("1234"), min_size=1))
def test_a_scale_is_read_as_it_was_written(scale: dict[str, str]) -> None:
    text = ", ".join(f"{grade}={tier}" for grade, tier in scale.items())
    assert parse_scale(text) == scale
    assert scale_for("f.csv", {"0", "17"}, text) == scale


@pytest.mark.parametrize(
    ("value", "grade"), [(" 3.0 ", "3"), (3.0, "3"), ("2.5", "2.5"), ("", ""), ("a.0", "a")]
)
def test_a_grade_is_the_same_with_and_without_its_empty_fraction(
    value: object, grade: str
) -> None:
    assert grade_of(value) == grade


def test_other_headings_are_refused_with_the_columns_that_are_needed(tmp_path: Path) -> None:
    path = ratings(tmp_path, "3", heading="Query Text,Doc ID,Rating")
    with pytest.raises(ImportFileError, match="columns query, docid, rating or final_rating"):
        tiers(path)


def test_a_product_without_an_id_refuses_the_product_file(tmp_path: Path) -> None:
    path = ratings(tmp_path, "3")
    (tmp_path / "products.jsonl").write_text('{"sku": "1", "title": "Lamp"}\n')
    with pytest.raises(ImportFileError, match=r"products\.jsonl: needs the columns id, title"):
        tiers(path, "3=4")


@pytest.mark.django_db
def test_the_command_asks_for_the_scale_and_takes_it(tmp_path: Path) -> None:
    words = [str(ratings(tmp_path, "0", "1")), "--adapter", "quepid"]
    project = make_project().slug
    with pytest.raises(CommandError, match="--scale 0=TIER,1=TIER"):
        call_command("import_pairs", *words, project=project)
    assert not Pair.objects.exists()
    call_command("import_pairs", *words, project=project, scale="0=1,1=4", stdout=StringIO())
    rows = Pair.objects.order_by("query").values_list("query", "gold")
    assert list(rows) == [("q0", {"5": "1"}), ("q1", {"5": "4"})]
