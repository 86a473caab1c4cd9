"""Who installed 0.1.0 and updates has what a new installation has, and all of their work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from pytest_django import DjangoDbBlocker

from annotation.deciding.resolution import item_resolve
from annotation.exports.jobs import export_job_create, export_job_run
from annotation.labelling.queue import queue_claim
from annotation.labelling.submit import label_submit, submission_undo
from annotation.models import ExportJob, Project, QueueItem, Submission
from annotation.pairs.write import pairs_import
from tests.factories import labels_for, submit
from tests.training.world import stand_in
from tests.upgrades.old import dump_rows, restored
from tests.upgrades.schema import schema_of
from training.models import TrainingRun
from training.runs.launching import run_launch
from training.scoring.scoring import steps_score_due
from verifier.models import VerifierRelease
from verifier.services.release import release_cut
from verifier.services.truth import truth_refresh
from verifier.truth import parse_table

# What was imported then.
CHAIRS = """\
query,title,product_id,category_path,attributes,description,category_match,attribute_match,tier
red chair,Red garden chair,c1,Home > Chairs,"{""Color"": ""red""}",Steel,,,
red chair,Blue garden chair,c2,Home > Chairs,"{""Color"": ""blue""}",,,,
red chair,Red garden table,t1,Home > Tables,"{""Color"": ""red""}",,,,
oak table,Oak table,t2,Home > Tables,"{""Material"": ""oak""}","A line
and ""another"" \\\\ tab\there",match,all,4
blue chair,Blue garden chair,c2,Home > Chairs,"{""Color"": ""blue""}",,match,all,4
green chair,Blue garden chair,c2,Home > Chairs,"{""Color"": ""blue""}",,,,
"""
GONE = {"authtoken_token"}  # of an app that 0.1.0 had


@pytest.fixture(scope="module")
def new(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> dict[str, set[str]]:
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        return schema_of(cursor.connection)


@pytest.fixture(scope="module", autouse=True)
def upgraded(new: object, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock(), restored(f"{connection.settings_dict['NAME']}_old"):
        call_command("bootstrap", "--bare")
        yield


@pytest.fixture
def project(db: None) -> Project:
    return Project.objects.get(slug="chairs")


@pytest.fixture
def anna(db: None) -> User:
    return User.objects.get(username="anna")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "kind", ["relation", "column", "constraint", "index", "function", "trigger", "sequence"]
)
def test_the_schema_is_that_of_a_new_installation(new: dict[str, set[str]], kind: str) -> None:
    with connection.cursor() as cursor:
        old = schema_of(cursor.connection)
    assert new[kind], "nothing to compare"
    assert (sorted(old[kind] - new[kind]), sorted(new[kind] - old[kind])) == ([], [])


@pytest.mark.django_db
def test_every_row_is_still_there() -> None:
    ours = {
        model._meta.db_table: model._base_manager.count()
        for app in ("annotation", "verifier", "training", "auth")
        for model in apps.get_app_config(app).get_models(include_auto_created=True)
    }
    rows = {table: n for table, n in dump_rows().items() if not table.startswith("django_")}
    assert rows.pop("authtoken_token") == 1
    # New models have permissions of their own.
    assert ours.pop("auth_permission") > rows.pop("auth_permission")
    assert {table: ours.get(table) for table in rows} == rows


def test_a_claim_goes_on_from_its_draft_and_a_submission_can_be_undone(
    project: Project, anna: User
) -> None:
    claim = queue_claim(annotator=anna, project=project)
    assert claim is not None
    assert (claim.pk, claim.draft) == (6, {"1": {"verdict": "correct"}})
    submission = label_submit(
        assignment=claim, annotator=anna, client_key="new", labels=labels_for()
    )
    assert Submission.objects.order_by("pk").last() == submission
    assert submission_undo(submission=submission, annotator=anna).state == "claimed"


def test_an_old_item_is_labelled_by_two_and_decided(project: Project) -> None:
    item = QueueItem.objects.get(pk=7)
    for name in ("cleo", "dan"):
        submit(item, User.objects.get(username=name), labels_for()[:2])
    assert item_resolve(item=item) == "resolved"
    assert truth_refresh(project=project)["consensus"] == 2


def test_the_file_of_then_brings_no_pair_twice(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "chairs.csv"
    path.write_text(CHAIRS)
    report = pairs_import(project=project, path=path)
    assert (report.read, report.created, report.existing, report.errors) == (6, 0, 6, [])


def test_the_truth_is_unchanged_and_its_release_still_loads(project: Project) -> None:
    assert truth_refresh(project=project) == dict.fromkeys(
        ("adjudicated", "consensus", "gold", "silver"), 0
    )
    old = parse_table(VerifierRelease.objects.get(number=1).payload)
    new = release_cut(project=project)
    assert new.number == 2  # of version 2: it says which decisions it rests on
    rows = parse_table(new.payload).rows()
    assert [row[:4] for row in rows] == [row[:4] for row in old.rows()]


def test_a_run_that_waited_runs_and_old_steps_have_their_scores(
    project: Project, settings: Any, tmp_path: Path
) -> None:
    settings.RUNS_DIR = tmp_path
    settings.TRAIN_LAUNCHER = stand_in("stand_in_trainer.py", "finish")
    waiting = TrainingRun.objects.get(state=TrainingRun.State.QUEUED)
    done = run_launch(run_id=waiting.pk, worker="new")
    assert done is not None
    assert (done.state, done.error) == (TrainingRun.State.FINISHED, "")
    finished = TrainingRun.objects.get(method="srpo")
    assert finished.rm is not None
    assert steps_score_due(project=project, rm=finished.rm) == 0


def test_the_labels_of_then_are_exported(
    project: Project, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    job = export_job_create(project=project, format="native")
    export_job_run(job_id=job.pk)
    job = ExportJob.objects.get(pk=job.pk)
    assert (job.state, job.error, job.rows_written) == ("done", "", 2), "two were decided"


def test_who_had_a_key_of_the_old_kind_can_be_removed() -> None:
    User.objects.get(username="dan").delete()
    assert GONE.isdisjoint(connection.introspection.table_names())


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("anna", "/label/"),
        ("lena", "/progress/"),
        ("lena", "/quality/"),
        ("lena", "/training/disagreements/"),
        ("emil", "/training/runs/1/"),
    ],
)
def test_pages_show_the_old_rows(client: Client, db: None, name: str, page: str) -> None:
    client.force_login(User.objects.get(username=name))
    assert client.get(page, follow=True).status_code == 200
