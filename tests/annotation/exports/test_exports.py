"""What an export contains, and how a job gets written."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from annotation.cot.errors import Conflict, Invalid
from annotation.cot.labels import LabelInput
from annotation.deciding.resolution import item_resolve
from annotation.exports.formats import ExportFilter, format_named, formats
from annotation.exports.jobs import (
    export_job_create,
    export_job_requeue,
    export_job_run,
    export_write,
)
from annotation.labelling.submit import submission_undo
from annotation.models import ExportJob, Project, QueueItem
from tests.factories import labels_for, make_item, make_project, make_user, submit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


def resolved_item(project: Project | None = None) -> QueueItem:
    """Two people agree that the category is related, against the claim "match"."""
    item = make_item(project or make_project(overlap=2))
    for _ in range(2):
        submit(item, make_user(), labels_for(category="related"))
    assert item_resolve(item=item) == "resolved"
    return item


def written(name: str, project: Project, path: Path, **chosen: str) -> Path:
    format = format_named(name)
    target = path / f"out{format.suffix}"
    export_write(format=format, chosen=ExportFilter(project, **chosen), path=target)
    return target


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_label_is_one_line_with_its_pair_claim_and_person(tmp_path: Path) -> None:
    item = make_item(make_project(overlap=1))
    person = make_user()
    submit(item, person, [LabelInput(3, "incorrect", "related", comment="a boot, not a shoe")])
    rows = lines(written("labels", item.project, tmp_path))
    assert len(rows) == 1
    row = rows[0]
    assert (row["kind"], row["claimed"], row["verdict"], row["value"]) == (
        3, "match", "incorrect", "related",
    )  # fmt: skip
    assert row["annotator"] == person.username
    assert row["comment"] == "a boot, not a shoe"
    assert (row["query"], row["split"], row["policy"]) == ("red shoes", "train", "seed")


def test_an_unmarked_step_is_absent_and_an_undone_submission_too(tmp_path: Path) -> None:
    item = make_item(make_project(overlap=2))
    person = make_user()
    gone = submit(item, person, [LabelInput(1, "correct")])
    submission_undo(submission=gone, annotator=person)
    submit(item, make_user(), [LabelInput(2, "incorrect")])
    assert [row["kind"] for row in lines(written("labels", item.project, tmp_path))] == [2]


def test_only_the_newest_decision_of_a_step_is_exported(tmp_path: Path) -> None:
    item = resolved_item()
    old = item.resolutions.get(kind=3)
    newer = item.resolutions.get(kind=3)
    newer.pk, newer.value, newer.source = None, "mismatch", "adjudicated"
    newer.save()
    rows = {row["kind"]: row for row in lines(written("resolutions", item.project, tmp_path))}
    assert sorted(rows) == [1, 2, 3, 4, 5]
    assert (rows[3]["value"], rows[3]["source"]) == ("mismatch", "adjudicated")
    assert rows[3]["resolution_id"] > old.pk


def test_csv_and_parquet_have_the_columns_of_the_json_lines(tmp_path: Path) -> None:
    project = resolved_item().project
    for name in ("labels", "resolutions"):
        expected = lines(written(name, project, tmp_path))
        with written(f"{name}-csv", project, tmp_path).open(newline="") as stream:
            table = list(csv.DictReader(stream))
        assert [list(row) for row in table] == [list(row) for row in expected]
        assert [row["verdict"] for row in table] == [row["verdict"] for row in expected]
        parquet = pq.read_table(written(f"{name}-parquet", project, tmp_path)).to_pylist()
        assert parquet == expected


def test_a_cell_that_a_spreadsheet_would_run_is_made_text_for_spreadsheets(
    tmp_path: Path,
) -> None:
    item = make_item(make_project(overlap=1))
    submit(item, make_user(), [LabelInput(1, "incorrect", comment="=1+1")])
    for name, cell in (("labels-spreadsheet", "'=1+1"), ("labels-csv", "=1+1")):
        with written(name, item.project, tmp_path).open(newline="") as stream:
            assert next(csv.DictReader(stream))["comment"] == cell


def test_a_split_or_policy_that_has_nothing_gives_an_empty_file(tmp_path: Path) -> None:
    project = resolved_item().project
    assert lines(written("labels", project, tmp_path, split="test")) == []
    assert lines(written("labels", project, tmp_path, policy="other")) == []
    assert len(lines(written("labels", project, tmp_path, split="train", policy="seed"))) == 10


def test_labels_keep_the_persons_id_when_the_account_is_renamed(tmp_path: Path) -> None:
    item = make_item(make_project(overlap=1))
    person = make_user()
    submit(item, person, [LabelInput(1, "correct"), LabelInput(2, "correct")])
    person.username = "somebody-else"
    person.save()
    rows = lines(written("labels", item.project, tmp_path))
    assert {(row["annotator_id"], row["annotator"]) for row in rows} == {
        (person.pk, "somebody-else")
    }


@pytest.mark.parametrize("name", ["labels", "resolutions"])
def test_a_row_says_whether_chance_chose_its_item(name: str, tmp_path: Path) -> None:
    item = resolved_item()
    QueueItem.objects.update(selection="explore", probability=0.15)
    rows = lines(written(name, item.project, tmp_path))
    assert {(row["selection"], row["probability"]) for row in rows} == {("explore", 0.15)}


def test_another_projects_labels_stay_out(tmp_path: Path) -> None:
    resolved_item()
    assert lines(written("labels", make_project(), tmp_path)) == []


FOLDERS = {name for name, format in formats().items() if format.folder}


@pytest.mark.parametrize("name", sorted(set(formats()) - FOLDERS))
def test_a_file_of_an_empty_project_is_a_valid_empty_file(name: str, tmp_path: Path) -> None:
    format = format_named(name)
    target = tmp_path / f"out{format.suffix}"
    chosen = ExportFilter(make_project())
    assert export_write(format=format, chosen=chosen, path=target) == 0
    assert target.exists()


@pytest.mark.parametrize("name", sorted(FOLDERS))
def test_a_dataset_folder_without_rows_still_tells_its_types_and_why(
    name: str, tmp_path: Path
) -> None:
    chosen, target = ExportFilter(make_project()), tmp_path / "out"
    assert export_write(format=format_named(name), chosen=chosen, path=target) == 0
    card = (target / "README.md").read_text()
    assert "- name: 'query'" in card
    assert "no row fits this format and filter" in card
    (file,) = (target / "data").iterdir()
    if file.suffix == ".parquet":
        assert "query" in pq.read_schema(file).names


def test_a_job_is_done_with_a_file_a_sum_and_a_lint_report() -> None:
    job = export_job_create(project=resolved_item().project, format="labels")
    export_job_run(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.rows_written, job.rows_total) == ("done", 10, 10)
    assert len(lines(Path(job.path))) == 10
    assert (job.bytes, len(job.sha256)) == (Path(job.path).stat().st_size, 64)
    assert job.lint["labelled"] == 10


def test_a_delivered_twice_message_writes_once() -> None:
    job = export_job_create(project=make_project(), format="labels")
    assert export_job_run(job_id=job.pk) is not None
    assert export_job_run(job_id=job.pk) is None
    with pytest.raises(Conflict):
        export_job_requeue(job=job)


def test_a_job_whose_worker_was_killed_starts_its_file_again(tmp_path: Path) -> None:
    job = export_job_create(project=resolved_item().project, format="labels")
    ExportJob.objects.filter(pk=job.pk).update(
        state="running", rows_written=7, lease_expires_at=None
    )
    half = tmp_path / "media" / "exports" / f"{job.project.slug}-labels-{job.pk}.jsonl.part"
    half.parent.mkdir(parents=True)
    half.write_text("half a li")
    export_job_run(job_id=job.pk)
    job.refresh_from_db()
    assert len(lines(Path(job.path))) == job.rows_written == 10
    assert not half.exists()


def test_a_job_that_cannot_be_written_says_why_and_can_be_tried_again(
    settings: Settings, tmp_path: Path
) -> None:
    job = export_job_create(project=make_project(), format="labels")
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("annotation.exports.jobs.export_folder", lambda: blocked)
        with pytest.raises(OSError):
            export_job_run(job_id=job.pk)
    job.refresh_from_db()
    assert job.state == "failed"
    assert "File exists" in job.error
    export_job_requeue(job=job)
    export_job_run(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == ("done", "")


@pytest.mark.parametrize(
    "chosen", [{"split": "nope"}, {"color": "red"}, {"policy": 3}], ids=str
)
def test_an_unknown_filter_is_refused(chosen: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        export_job_create(project=make_project(), format="labels", filter=chosen)


def test_an_unknown_format_is_refused_with_the_list() -> None:
    with pytest.raises(Invalid, match="labels-csv"):
        export_job_create(project=make_project(), format="docx")


def test_the_command_writes_and_refuses_like_the_job(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = resolved_item().project
    target = tmp_path / "labels.jsonl"
    call_command("export_labels", target, project=project.slug)
    assert capsys.readouterr().out.startswith("10 records")
    with pytest.raises(CommandError, match="no project 'nope'"):
        call_command("export_labels", target, project="nope")
    with pytest.raises(CommandError, match="is a folder"):
        call_command("export_labels", tmp_path, project=project.slug)
