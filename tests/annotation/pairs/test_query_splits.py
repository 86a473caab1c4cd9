"""One query, however it is spelled and whenever it comes, is in one split."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotation.cot.errors import Invalid
from annotation.cot.splits import SPLITS, split_of
from annotation.models import Pair, Project
from annotation.pairs.report import ImportRefused
from annotation.pairs.write import pairs_import
from tests.annotation.pairs.test_pairs import jsonl, row
from tests.factories import make_project

pytestmark = pytest.mark.django_db

HASHED = split_of("red shoes")
OTHER = next(split for split in SPLITS if split != HASHED)
SPELLED = ["red shoes", "RED  shoes", "red\u00a0shoes", "\ufeffred shoes", "ｒｅｄ shoes\u200b"]


@pytest.fixture
def project() -> Project:
    return make_project()


def splits() -> set[str]:
    return set(Pair.objects.values_list("split", flat=True))


def test_all_spellings_of_a_query_share_its_split(project: Project, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "p.jsonl", [row(query) for query in SPELLED])
    assert pairs_import(project=project, path=path).created == 5
    assert splits() == {HASHED}
    assert sorted(Pair.objects.values_list("query", flat=True)) == sorted(SPELLED)


def test_rows_that_name_two_splits_for_a_query_are_refused_by_line(
    project: Project, tmp_path: Path
) -> None:
    rows = [row(split="train"), row("RED  shoes", split="test"), row("mug", split="val")]
    path = jsonl(tmp_path / "p.jsonl", rows)
    with pytest.raises(ImportRefused, match="line 2: split 'test', but the query 'RED  shoes'"):
        pairs_import(project=project, path=path)
    assert pairs_import(project=project, path=path, skip_bad=True).created == 2


def test_rows_without_a_split_follow_the_one_that_names_it_also_in_later_files(
    project: Project, tmp_path: Path
) -> None:
    pairs_import(
        project=project, path=jsonl(tmp_path / "p.jsonl", [row(split=OTHER), row("x")])
    )
    pairs_import(project=project, path=jsonl(tmp_path / "q.jsonl", [row("Red Shoes")]))
    assert set(
        Pair.objects.filter(query__iexact="red shoes").values_list("split", flat=True)
    ) == {OTHER}
    later = jsonl(tmp_path / "r.jsonl", [row("red  shoes", split=HASHED)])
    with pytest.raises(ImportRefused, match=f"is in {OTHER} already"):
        pairs_import(project=project, path=later)


@pytest.mark.parametrize("stored", [False, True])
def test_a_named_split_that_comes_after_rows_without_one_is_refused(
    project: Project, tmp_path: Path, stored: bool
) -> None:
    rows = [row("Red shoes"), row(split=OTHER)]
    if stored:
        pairs_import(project=project, path=jsonl(tmp_path / "p.jsonl", rows[:1]))
        rows = rows[1:]
    path, before = jsonl(tmp_path / "p.jsonl", rows), Pair.objects.count()
    with pytest.raises(Invalid, match=f"into {OTHER}, but it is in {HASHED} already"):
        pairs_import(project=project, path=path, skip_bad=True)
    assert Pair.objects.count() == before


def test_a_split_for_all_rows_does_not_tear_a_stored_query_apart(
    project: Project, tmp_path: Path
) -> None:
    path = jsonl(tmp_path / "p.jsonl", [row()])
    pairs_import(project=project, path=path)
    with pytest.raises(Invalid, match="give all rows of a query the same split"):
        pairs_import(project=project, path=path, split=OTHER)
    assert pairs_import(project=project, path=path, split=HASHED).existing == 1


def test_a_project_that_follows_the_hash_alone_is_not_looked_through(
    project: Project, tmp_path: Path
) -> None:
    pairs_import(project=project, path=jsonl(tmp_path / "p.jsonl", [row(split=HASHED)]))
    project.refresh_from_db()
    assert project.own_splits is False
    pairs_import(project=project, path=jsonl(tmp_path / "p.jsonl", [row("mug", split="test")]))
    project.refresh_from_db()
    assert project.own_splits is (split_of("mug") != "test")
