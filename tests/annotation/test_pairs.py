"""Importing: idempotent, all or nothing, one split a query."""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, connections, transaction

from annotation.errors import Invalid
from annotation.importers.rows import ImportFileError
from annotation.models import ImportJob, Pair, Product, Project
from annotation.services import imports
from annotation.services.imports import import_job_create, import_job_requeue, import_job_run
from annotation.services.pairs import ImportRefused, pairs_import
from annotation.splits import split_of
from tests.annotation.factories import make_pair, make_project

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
        ImportRefused, match=r"2 bad rows, the first in line 2: no title"
    ) as caught:
        pairs_import(project=project, path=path)
    assert caught.value.report.errors == [
        (2, "no title"),
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
    path = jsonl(tmp_path / "p.jsonl", (row(f"q {n}") for n in range(4500)))
    pairs_import(
        project=project, path=path, progress=lambda read, total: seen.append((read, total))
    )
    assert seen == [(2000, 4500), (4000, 4500), (4500, 4500), (4500, 4500)]


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


def test_the_first_of_equal_rows_brings_the_values_also_across_batches(
    project: Project, tmp_path: Path
) -> None:
    rows = [row(tier=4), *(row(f"q {n}") for n in range(2500)), row(tier=1)]
    report = pairs_import(project=project, path=jsonl(tmp_path / "p.jsonl", rows))
    assert (report.created, report.existing) == (2501, 1)
    assert Pair.objects.get(query="red shoes").gold == {"5": "4"}
    assert Product.objects.count() == 1


def test_a_pair_cannot_have_the_product_of_another_project(project: Project) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS pair_of_project IMMEDIATE")
    theirs = Pair.objects.filter(pk=make_pair(make_project()).pk)
    with pytest.raises(IntegrityError, match="pair_of_project"), transaction.atomic():
        theirs.update(project=project)


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


class TestJob:
    def create(self, project: Project, tmp_path: Path, data: str) -> ImportJob:
        path = tmp_path / "upload.jsonl"
        path.write_text(data)
        with path.open("rb") as stream:
            return import_job_create(project=project, upload=stream, filename="../p.jsonl")

    def test_it_runs_once_and_tells_what_it_did(self, project: Project, tmp_path: Path) -> None:
        job = self.create(project, tmp_path, json.dumps(row()))
        assert job.filename == "p.jsonl"
        assert import_job_run(job_id=job.pk) is not None
        assert import_job_run(job_id=job.pk) is None
        job.refresh_from_db()
        assert (job.state, job.rows_read, job.pairs_created) == ("done", 1, 1)

    def test_bad_rows_fail_it_with_their_lines(self, project: Project, tmp_path: Path) -> None:
        job = self.create(project, tmp_path, "{}\n")
        import_job_run(job_id=job.pk)
        job.refresh_from_db()
        assert job.state == "failed"
        assert job.errors == [{"line": 1, "message": "no query"}]

    def test_a_lost_file_fails_it_with_the_reason(
        self, project: Project, tmp_path: Path
    ) -> None:
        job = self.create(project, tmp_path, "{}\n")
        Path(job.path).unlink()
        import_job_run(job_id=job.pk)
        job.refresh_from_db()
        assert job.errors[0]["message"].startswith("there is no file")

    def test_the_redelivered_message_of_a_killed_worker_does_the_work(
        self, project: Project, tmp_path: Path
    ) -> None:
        job = self.create(project, tmp_path, json.dumps(row()))
        ImportJob.objects.update(state=ImportJob.State.RUNNING)
        done = import_job_run(job_id=job.pk)
        assert done is not None
        assert (done.state, done.pairs_created) == ("done", 1)

    def test_a_failed_one_can_be_tried_again_but_a_finished_one_cannot(
        self, project: Project, tmp_path: Path
    ) -> None:
        job = self.create(project, tmp_path, "{}")
        import_job_run(job_id=job.pk)
        Path(job.path).write_text(json.dumps(row()))
        import_job_requeue(job=job)
        assert import_job_run(job_id=job.pk) is not None
        with pytest.raises(Invalid, match="is done"):
            import_job_requeue(job=job)

    @pytest.mark.django_db(transaction=True)
    def test_the_progress_of_a_running_import_is_seen_and_its_pairs_are_not(
        self, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen, write = [], imports._Progress.__call__

        def watch(progress: imports._Progress, read: int, total: int | None) -> None:
            write(progress, read, total)
            other = connections["default"].copy()
            with other.cursor() as cursor:
                cursor.execute(
                    "SELECT rows_read, (SELECT count(*) FROM annotation_pair) "
                    "FROM annotation_importjob"
                )
                seen.append(cursor.fetchone())
            other.close()

        monkeypatch.setattr(imports._Progress, "__call__", watch)
        monkeypatch.setattr(imports, "_EVERY", 0)
        rows = (json.dumps(row(f"q {n}")) + "\n" for n in range(2500))
        import_job_run(job_id=self.create(project, tmp_path, "".join(rows)).pk)
        assert seen == [(2000, 0), (2500, 0), (2500, 2500)]

    def test_an_unknown_kind_of_file_is_refused_at_once(
        self, project: Project, tmp_path: Path
    ) -> None:
        with (tmp_path / "x").open("w+b") as stream, pytest.raises(ImportFileError):
            import_job_create(project=project, upload=stream, filename="pairs.docx")


class TestCommand:
    def test_it_prints_the_counts(self, project: Project, tmp_path: Path) -> None:
        path, out = jsonl(tmp_path / "p.jsonl", [row()]), StringIO()
        call_command("import_pairs", str(path), project=project.slug, stdout=out)
        assert "1 rows read, 1 pairs created" in out.getvalue()

    def test_it_can_create_the_project(self, tmp_path: Path) -> None:
        path = jsonl(tmp_path / "p.jsonl", [row()])
        with pytest.raises(CommandError, match="there is no project 'new'"):
            call_command("import_pairs", str(path), project="new")
        call_command(
            "import_pairs", str(path), project="new", create_project=True, stdout=StringIO()
        )
        assert Pair.objects.get().project.slug == "new"

    def test_it_lists_bad_lines_and_fails(self, project: Project, tmp_path: Path) -> None:
        path, err = jsonl(tmp_path / "p.jsonl", [row(title="")] * 30), StringIO()
        with pytest.raises(CommandError, match="nothing was imported: 30 bad rows"):
            call_command("import_pairs", str(path), project=project.slug, stderr=err)
        assert "line 1: no title" in err.getvalue()
        assert "and 10 more" in err.getvalue()
