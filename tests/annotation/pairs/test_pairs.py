"""Importing: idempotent, all or nothing, one split a query."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from annotation.cot.errors import Invalid
from annotation.cot.splits import split_of
from annotation.cot.sql import statement
from annotation.models import Pair, Product, Project
from annotation.pairs import staged
from annotation.pairs.report import ImportRefused
from annotation.pairs.staged import Staged
from annotation.pairs.write import pairs_import
from tests.factories import make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project()


def jsonl(path: Path, rows: Iterable[object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def row(query: str = "red shoes", title: str = "Shoe", **more: object) -> dict[str, object]:
    return {"query": query, "title": title, "product_id": "p1", **more}


def test_ten_thousand_rows_twice_are_imported_once(project: Project, tmp_path: Path) -> None:
    path = jsonl(
        tmp_path / "p.jsonl",
        (row(f"query {n % 700}", f"Product {n}", product_id=str(n)) for n in range(10_000)),
    )
    first = pairs_import(project=project, path=path)
    again = pairs_import(project=project, path=path)
    assert (first.read, first.created, first.existing) == (10_000, 10_000, 0)
    assert (again.read, again.created, again.existing) == (10_000, 0, 10_000)
    assert Pair.objects.count() == Product.objects.count() == 10_000


def test_every_field_arrives(project: Project, tmp_path: Path) -> None:
    full = row(
        query_type="negation",
        locale="de",
        category_path="Footwear > Shoes",
        attributes={"color": "red", "size": 38},
        description="Soft",
        image_url="https://example.com/1.jpg",
        category_match="match",
        attribute_match="all",
        tier=4,
        silver_tier="3",
    )
    pairs_import(project=project, path=jsonl(tmp_path / "p.jsonl", [full]))
    pair = Pair.objects.select_related("product").get()
    assert (pair.query_type, pair.locale, pair.source) == ("negation", "de", "p.jsonl")
    assert pair.gold == {"3": "match", "4": "all", "5": "4"}
    assert pair.silver == {"5": "3"}
    assert pair.product.attributes == [["color", "red"], ["size", "38"]]
    assert (pair.product.category_path, pair.product.external_id) == ("Footwear > Shoes", "p1")


def test_one_bad_row_stops_everything_and_is_named(project: Project, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "p.jsonl", [row(), row(title=""), row(tier=9), row("other")])
    with pytest.raises(
        ImportRefused, match=r"2 bad rows, the first in line 2: the title is missing"
    ) as caught:
        pairs_import(project=project, path=path)
    assert caught.value.report.errors == [
        (2, "the title is missing"),
        (3, "tier '9' is not one of 4, 3, 2, 1"),
    ]
    assert not Pair.objects.exists()
    assert not Product.objects.exists()


def test_the_good_rows_are_imported_when_bad_ones_may_be_skipped(
    project: Project, tmp_path: Path
) -> None:
    path = jsonl(tmp_path / "p.jsonl", [row(), row(title=""), row("other")])
    report = pairs_import(project=project, path=path, skip_bad=True)
    assert (report.read, report.created, report.existing, report.error_count) == (3, 2, 0, 1)


def test_only_the_first_hundred_errors_are_kept_but_all_are_counted(
    project: Project, tmp_path: Path
) -> None:
    path = jsonl(tmp_path / "p.jsonl", [row(title="")] * 150)
    report = pairs_import(project=project, path=path, skip_bad=True)
    assert (len(report.errors), report.error_count) == (100, 150)


def test_a_repeated_row_is_one_pair_and_a_changed_product_a_second(
    project: Project, tmp_path: Path
) -> None:
    path = jsonl(tmp_path / "p.jsonl", [row(), row(), row(description="new text")])
    report = pairs_import(project=project, path=path)
    assert (report.created, report.existing) == (2, 1)
    assert Product.objects.filter(external_id="p1").count() == 2


def test_the_same_file_in_two_projects_gives_two_sets(project: Project, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "p.jsonl", [row()])
    for each in (project, make_project()):
        assert pairs_import(project=each, path=path).created == 1


def test_two_spellings_of_a_query_share_the_split_of_its_hash(
    project: Project, tmp_path: Path
) -> None:
    path = jsonl(tmp_path / "p.jsonl", [row("Red  Shoes"), row("red shoes", "Other")])
    pairs_import(project=project, path=path)
    splits = set(Pair.objects.values_list("split", flat=True))
    assert splits == {split_of("red shoes")}


def test_a_split_of_the_row_or_of_the_call_wins_over_the_hash(
    project: Project, tmp_path: Path
) -> None:
    path = jsonl(tmp_path / "p.jsonl", [row(split="val")])
    pairs_import(project=project, path=path)
    assert Pair.objects.get().split == "val"
    pairs_import(project=make_project(), path=path, split="test")
    assert Pair.objects.latest("pk").split == "test"
    with pytest.raises(Invalid, match="split must be one of"):
        pairs_import(project=project, path=path, split="dev")


def test_progress_ends_with_all_rows(project: Project, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    path = jsonl(tmp_path / "p.jsonl", (row(f"q {n}") for n in range(5000)))
    pairs_import(
        project=project, path=path, progress=lambda read, total: seen.append((read, total))
    )
    assert seen == [(2000, 5000), (4000, 5000), (5000, 5000), (5000, 5000)]


def test_a_number_of_twenty_digits_keeps_them_all(project: Project, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "p.jsonl", [row(product_id=18446744073709551617, price=1.5)])
    pairs_import(project=project, path=path)
    assert Product.objects.get().external_id == "18446744073709551617"


def test_a_pair_of_a_known_product_and_a_new_product_are_told_apart_by_their_texts(
    project: Project, tmp_path: Path
) -> None:
    first = [row("a", product_id='p"1'), row("b", product_id='p"1'), row("b", product_id="p,2")]
    path = jsonl(tmp_path / "p.jsonl", first)
    assert pairs_import(project=project, path=path).created == 3
    again = [*first, row("c", product_id='p"1'), row("c", "Boot", product_id='p"1')]
    report = pairs_import(project=project, path=jsonl(tmp_path / "p.jsonl", again))
    assert (report.created, report.existing) == (2, 3)
    names = Product.objects.order_by("pk").values_list("external_id", "title")
    assert list(names) == [('p"1', "Shoe"), ("p,2", "Shoe"), ('p"1', "Boot")]


def test_a_later_row_of_a_pair_brings_the_values_that_the_first_had_not_also_across_batches(
    project: Project, tmp_path: Path
) -> None:
    rows = [row(), *(row(f"q {n}") for n in range(5500)), row(tier=4)]
    report = pairs_import(project=project, path=jsonl(tmp_path / "p.jsonl", rows))
    assert (report.created, report.existing) == (5501, 1)
    assert Pair.objects.get(query="red shoes").gold == {"5": "4"}
    assert Product.objects.count() == 1


def test_later_rows_of_a_pair_that_contradict_each_other_are_refused(
    project: Project, tmp_path: Path
) -> None:
    path = jsonl(tmp_path / "p.jsonl", [row(), row(tier=4), row(tier=3), row(tier=4)])
    with pytest.raises(ImportRefused, match="1 bad row, the first in line 3: it contradicts"):
        pairs_import(project=project, path=path)
    assert not Pair.objects.exists()


@pytest.mark.parametrize(
    "text",
    ["\\", "\\.", "\\N", "a\tb", "a\nb", "\\t", '"', "%s", "{}", "na\u00efve\u2028 \U0001f600"],
)
def test_a_text_is_stored_as_it_stands(project: Project, tmp_path: Path, text: str) -> None:
    rows = [row(f"x{text}", f"x{text}", product_id=f"x{text}", attributes={"a": text})]
    pairs_import(project=project, path=jsonl(tmp_path / "p.jsonl", rows))
    pair = Pair.objects.select_related("product").get()
    assert (pair.query, pair.product.title, pair.product.external_id) == (f"x{text}",) * 3
    assert pair.product.attributes == [["a", text]]


def test_products_that_only_a_separator_tells_apart_are_one_and_stop_nothing(
    project: Project, tmp_path: Path
) -> None:
    rows = [
        row("a", "Shoe\x1fred", category_path="flat"),
        row("b", "Shoe", category_path="red\x1fflat"),
    ]
    assert pairs_import(project=project, path=jsonl(tmp_path / "p.jsonl", rows)).created == 2
    assert Product.objects.get().title == "Shoe\x1fred"


@pytest.mark.parametrize("seed", range(5))
def test_rows_in_any_order_and_batch_make_the_pairs_that_they_name(
    seed: int, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batches that are new, known and half known follow each other."""
    monkeypatch.setattr("annotation.pairs.write._BATCH", 5)
    rng = random.Random(seed)
    calm = [row(f"calm {n}", product_id=f"c{n}") for n in range(30)]
    numbers = [(rng.randrange(8), rng.randrange(8)) for _ in range(80)]
    mixed = [row(f"q {q}", product_id=f"p{p}", tier=1 + (q + p) % 4) for q, p in numbers]
    rows = mixed[:40] + calm + mixed[40:]
    first: dict[tuple[object, object], object] = {}
    for each in rows:
        first.setdefault((each["query"], each["product_id"]), each.get("tier"))
    for part in (rows[:60], rows):
        pairs_import(project=project, path=jsonl(tmp_path / "p.jsonl", part))
    made = Pair.objects.values_list("query", "product__external_id", "gold")
    assert {(q, p): gold.get("5") for q, p, gold in made} == {
        key: None if tier is None else str(tier) for key, tier in first.items()
    }
    assert len(made) == len(first)
    assert Product.objects.count() == len({each["product_id"] for each in rows})


def test_products_are_looked_up_by_their_key_in_a_project_that_statistics_do_not_know(
    project: Project, tmp_path: Path
) -> None:
    """Else an import into the second project reads all of its products for each row."""
    path = jsonl(tmp_path / "p.jsonl", (row(f"q {n}", product_id=str(n)) for n in range(3000)))
    pairs_import(project=project, path=path)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ANALYZE annotation_product")
        Staged(make_project(), "p.jsonl")
        about: dict[str, Any] = {"project": project.pk + 1, "source": "", "now": timezone.now()}
        cursor.execute(f"EXPLAIN {statement(staged.__file__, 'pairs_insert')}", about)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "product_once" in plan
    assert "product_of_project" not in plan


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_file_at_once_import_it_once(tmp_path: Path) -> None:
    project = make_project()
    path = jsonl(tmp_path / "p.jsonl", (row(f"q {n}", product_id=str(n)) for n in range(3000)))

    def run() -> int:
        try:
            return pairs_import(project=project, path=path).created
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        created = [each.result() for each in [pool.submit(run), pool.submit(run)]]
    assert sorted(created) == [0, 3000]
    assert Pair.objects.count() == Product.objects.count() == 3000
