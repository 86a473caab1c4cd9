"""Import jobs and the command: what a person sees of an import, also while it runs."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from annotation.cot.errors import Invalid
from annotation.models import ImportJob, Pair, Project, job_progress
from annotation.models.job_progress import JobProgress
from annotation.pairs.jobs import import_job_create, import_job_requeue, import_job_run
from annotation.pairs.readers.rows import ImportFileError
from tests.annotation.pairs.test_pairs import jsonl, row
from tests.factories import make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project()


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
        assert job.errors == [{"line": 1, "message": "the query is missing"}]

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
        ImportJob.objects.update(state=ImportJob.State.RUNNING, lease_expires_at=None)
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
        seen, write = [], JobProgress.__call__

        def watch(progress: JobProgress, read: int, total: int | None) -> None:
            write(progress, read, total)
            other = connections["default"].copy()
            with other.cursor() as cursor:
                cursor.execute(
                    "SELECT rows_read, (SELECT count(*) FROM annotation_pair) "
                    "FROM annotation_importjob"
                )
                seen.append(cursor.fetchone())
            other.close()

        monkeypatch.setattr(JobProgress, "__call__", watch)
        monkeypatch.setattr(job_progress, "EVERY", 0)
        rows = (json.dumps(row(f"q {n}")) + "\n" for n in range(5500))
        import_job_run(job_id=self.create(project, tmp_path, "".join(rows)).pk)
        assert seen == [(2000, 0), (4000, 0), (5500, 0), (5500, 5500)]

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
        assert "line 1: the title is missing" in err.getvalue()
        assert "and 10 more" in err.getvalue()
