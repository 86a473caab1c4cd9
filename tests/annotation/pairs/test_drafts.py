"""An upload waits for a person for a day, and is read only as that person said last."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from annotation.cot.errors import Conflict
from annotation.models import ImportJob, Pair, Project
from annotation.pairs.drafts import (
    drafts_expire,
    import_draft_add,
    import_draft_check,
    import_draft_create,
    import_draft_plan,
)
from annotation.pairs.jobs import import_job_create, import_job_requeue, import_job_run
from annotation.pairs.readers.rows import ImportFileError
from annotation.pairs.uploads import Upload
from tests.annotation.pairs.readers.test_archive import QUEPID, WANDS, zipped
from tests.factories import make_project

pytestmark = pytest.mark.django_db

CSV = b"query,title\nrake,Leaf rake\nrake,\n"


@pytest.fixture(autouse=True)
def root(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def project() -> Project:
    return make_project()


def draft(project: Project, data: bytes = CSV, name: str = "rakes.csv") -> ImportJob:
    return import_draft_create(project=project, uploads=[Upload(BytesIO(data), name)])


def files(root: Path) -> list[str]:
    return sorted(path.name for path in root.rglob("*") if path.is_file())


def test_a_draft_is_not_begun_before_it_is_checked(project: Project) -> None:
    job = draft(project)
    assert import_job_run(job_id=job.pk) is None
    import_draft_check(job=job)
    done = import_job_run(job_id=job.pk)
    assert done is not None
    assert (done.state, done.pairs_created, done.error_count) == ("done", 1, 1)
    assert not Pair.objects.exists()
    import_job_requeue(job=job)
    import_job_run(job_id=job.pk)
    assert Pair.objects.get().query == "rake"


def test_what_was_left_for_a_day_is_removed_and_says_so(project: Project, root: Path) -> None:
    left, fresh, checked = (draft(project, name=f"{n}.csv") for n in ("left", "new", "seen"))
    import_draft_check(job=checked)
    import_job_run(job_id=checked.pk)
    past = timezone.now() - timedelta(hours=25)
    ImportJob.objects.filter(pk=left.pk).update(created_at=past)
    assert drafts_expire() == 1
    ImportJob.objects.filter(pk=checked.pk).update(finished_at=past)
    assert drafts_expire() == 1
    assert files(root) == ["new.csv"]
    left.refresh_from_db()
    fresh.refresh_from_db()
    assert (left.state, fresh.state) == ("failed", "draft")
    assert "nobody went on with it" in left.errors[0]["message"]
    with pytest.raises(ImportFileError, match="upload it again"):
        import_draft_plan(job=left, adapter="wands", options={})


def test_an_import_under_way_or_done_keeps_its_plan(project: Project) -> None:
    job = draft(project)
    import_draft_check(job=job)
    for _ in range(2):
        with pytest.raises(Conflict):
            import_draft_plan(job=job, adapter="native", options={})
        with pytest.raises(Conflict):
            import_draft_check(job=job)
        ImportJob.objects.update(state=ImportJob.State.DONE, dry_run=False)


def test_a_new_plan_forgets_what_the_last_check_told(project: Project) -> None:
    job = draft(project)
    import_draft_check(job=job)
    import_job_run(job_id=job.pk)
    job = import_draft_plan(job=job, adapter="native", options={"split": "val"})
    assert (job.state, job.errors, job.error_count, job.pairs_created) == ("draft", [], 0, 0)


def test_a_missing_file_is_asked_for_and_its_place_found(project: Project) -> None:
    job = draft(project, QUEPID["ratings.csv"].encode(), "ratings.csv")
    assert job.adapter == "quepid"
    with pytest.raises(ImportFileError, match="quepid needs products"):
        import_draft_check(job=job)
    products = Upload(BytesIO(QUEPID["products.jsonl"].encode()), "mine.jsonl")
    job = import_draft_add(job=job, uploads=[products])
    assert Path(job.files["products"]).name == "mine.jsonl"
    assert import_draft_check(job=job).state == "queued"


def test_a_zip_is_the_same_at_the_page_the_api_and_the_command(
    project: Project, tmp_path: Path, root: Path
) -> None:
    data = zipped(dict(WANDS)).getvalue()
    archive = tmp_path / "WANDS.zip"
    archive.write_bytes(data)
    call_command("import_pairs", str(archive), project=project.slug, adapter="wands")
    (by_command,) = Pair.objects.values_list("query", "product__title", "gold")
    Pair.objects.all().delete()
    with archive.open("rb") as file:
        job = import_job_create(
            project=project, upload=file, filename="WANDS.zip", adapter="wands"
        )
    import_job_run(job_id=job.pk)
    (by_api,) = Pair.objects.values_list("query", "product__title", "gold")
    Pair.objects.all().delete()
    drawn = draft(project, data, "WANDS.zip")
    assert (drawn.adapter, drawn.filename) == ("wands", "WANDS.zip")
    import_draft_check(job=drawn)
    import_job_run(job_id=drawn.pk)
    import_job_requeue(job=drawn)
    import_job_run(job_id=drawn.pk)
    (by_page,) = Pair.objects.values_list("query", "product__title", "gold")
    assert by_command == by_api == by_page == ("leaf rake", "Rake 60 cm", {"5": "4"})
    assert files(root) == ["WANDS.zip"]  # the one that the command was given


def test_a_zip_without_what_the_format_needs_leaves_nothing(
    project: Project, root: Path
) -> None:
    lacking = zipped(
        {"label.csv": WANDS["WANDS-main/dataset/label.csv"], "x.csv": "a,b\n1,2\n"}
    )
    with pytest.raises(ImportFileError, match="wands needs products and queries"):
        import_job_create(project=project, upload=lacking, filename="w.zip", adapter="wands")
    assert files(root) == []
