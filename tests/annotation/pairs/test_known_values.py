"""Values that a second file brings for pairs that are known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from annotation.models import Pair, PairValues, Project
from annotation.pairs.report import ImportRefused, ImportReport
from annotation.pairs.write import pairs_import
from tests.factories import make_project
from verifier.models import GroundTruth
from verifier.services.truth import truth_refresh

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project()


@pytest.fixture
def imported(project: Project, tmp_path: Path) -> Any:
    def send(*rows: dict[str, str], name: str = "p.jsonl") -> ImportReport:
        path = tmp_path / name
        lines = [json.dumps({"query": "red shoes", "title": "Shoe"} | row) for row in rows]
        path.write_text("\n".join(lines))
        return pairs_import(project=project, path=path)

    return send


def truths(project: Project) -> dict[int, tuple[str, str]]:
    truth_refresh(project=project)
    rows = GroundTruth.objects.filter(project=project, superseded_at=None)
    return {row.kind: (row.value, row.source) for row in rows}


def test_values_for_a_known_pair_are_added_and_become_truth(
    project: Project, imported: Any
) -> None:
    imported({})
    assert truths(project) == {}
    report = imported({"tier": "4", "silver_category_match": "match"}, name="second.jsonl")
    assert (report.created, report.existing, report.notices) == (0, 1, [])
    assert report.counts == {"values_added": 2}
    assert "2 values added" in report.summary()
    assert truths(project) == {3: ("match", "silver"), 5: ("4", "gold")}
    pair, row = Pair.objects.get(), PairValues.objects.get()
    assert (pair.gold, pair.silver) == (row.gold, row.silver) == ({"5": "4"}, {"3": "match"})
    assert row.source == "second.jsonl"


def test_the_same_values_again_change_nothing(project: Project, imported: Any) -> None:
    for row in ({}, {"tier": "4"}, {"tier": "4"}):
        report = imported(row)
    assert (report.counts, report.notices) == ({}, [])
    assert PairValues.objects.count() == 1
    truths(project)
    assert GroundTruth.objects.count() == 1
    truths(project)
    assert GroundTruth.objects.count() == 1


def test_a_value_against_the_stored_one_is_named_and_the_others_are_added(
    project: Project, imported: Any
) -> None:
    imported({"tier": "4"})
    report = imported({}, {"tier": "1", "category_match": "match"})
    assert report.notices == [(2, "differs from what is stored, which stays: '1' but '4'")]
    assert report.counts == {"values_differing": 1, "values_added": 1}
    assert truths(project) == {3: ("match", "gold"), 5: ("4", "gold")}


def test_two_rows_of_a_second_file_that_differ_do_not_make_the_last_one_win(
    project: Project, imported: Any
) -> None:
    imported({})
    report = imported({"tier": "4"}, {"tier": "1"})
    assert report.notices == [(2, "differs from what is stored, which stays: '1' but '4'")]
    assert Pair.objects.get().gold == {"5": "4"}


def test_gold_of_several_rows_that_breaks_the_rules_together_is_named(
    project: Project, imported: Any
) -> None:
    imported({"category_match": "mismatch", "attribute_match": "none"})
    report = imported({"tier": "4"})
    (line, message), counts = report.notices[0], report.counts
    assert (line, counts) == (1, {})
    assert message.endswith("its values were not made gold")
    assert Pair.objects.get().gold == {"3": "mismatch", "4": "none"}


def test_silver_that_differs_within_a_file_is_named_and_gold_refuses_it(
    project: Project, imported: Any
) -> None:
    report = imported({"silver_tier": "4"}, {"silver_tier": "1"})
    assert report.notices == [
        (2, "differs from what is stored, which stays: silver '1' but '4'")
    ]
    with pytest.raises(ImportRefused, match="line 2: it contradicts an earlier row"):
        imported({"title": "Other", "tier": "4"}, {"title": "Other", "tier": "1"})


def test_people_keep_the_last_word_over_values_that_come_later(
    project: Project, imported: Any
) -> None:
    imported({})
    pair = Pair.objects.get()
    GroundTruth.objects.create(
        project=project, pair=pair, kind=5, value="2", source=GroundTruth.Source.CONSENSUS
    )
    imported({"tier": "4"})
    assert truths(project) == {5: ("2", "consensus")}
