"""The end of a project: typed name, nothing left but a tombstone, nobody else touched."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from annotation.cot.errors import Conflict, Denied, Invalid
from annotation.models import ExportJob, ImportJob, Project, ProjectTombstone
from annotation.people.roles import Role
from annotation.quality.project_delete import project_delete
from annotation.quality.project_rows import hanging_tables, project_counts, project_jobs
from tests.browser import seed_care, seed_training
from tests.factories import make_item, make_project, make_user, submit
from tests.training.world import differences
from training.models import Checkpoint, StepScore, TrainingRun
from verifier.services.release import release_cut
from verifier.services.truth import truth_refresh

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    """With rows in nearly every table there is."""
    care = seed_care.looked_after()
    project, step = care.project, care.item.rollout.steps.get(kind=3)
    rm = Checkpoint.objects.create(name="rm", kind=Checkpoint.Kind.RM, path="rm")
    StepScore.objects.create(step=step, rm=rm, p=0.05)
    assert differences(project, rm)
    run = seed_training.run(project, state=TrainingRun.State.FINISHED)
    Checkpoint.objects.create(name="made", path="made", run=run)
    truth_refresh(project=project)
    release_cut(project=project)
    return project


def left_of(key: int) -> dict[str, int]:
    ghost = Project(pk=key)
    return {t.model.__name__: n for t in hanging_tables() if (n := t.rows(ghost).count())}


def test_everything_of_it_goes_and_nothing_of_another(project: Project) -> None:
    other = make_project(overlap=1)
    submit(make_item(other), make_user())
    key, counted = project.pk, dict(project_counts(project))
    before = project_counts(other)
    assert min(counted[name] for name in ("step labels", "resolutions", "steps", "reviews")) > 0
    lead = make_user(Role.LEAD)
    tombstone = project_delete(project=project, lead=lead, typed_name="Shoes, in care")
    assert left_of(key) == {}
    assert project_counts(other) == before
    assert (tombstone.slug, tombstone.name) == ("care", "Shoes, in care")
    assert (tombstone.counts, tombstone.created_by) == (counted, lead)
    made = Checkpoint.objects.get(name="made")
    assert made.run is None, "a checkpoint stays; the run it is from is gone"


def test_a_table_that_hangs_from_a_project_is_deleted_before_what_it_refers_to() -> None:
    names = [table.model.__name__ for table in hanging_tables()]
    for first, then in (
        ("Disagreement", "QueueItem"),
        ("StepLabel", "Submission"),
        ("Resolution", "Pair"),
        ("TrainingRun", "VerifierRelease"),
        ("Pair", "Product"),
    ):
        assert names.index(first) < names.index(then)
    assert names[-1] == "Project"
    assert "Checkpoint" not in names


def test_another_name_or_another_role_deletes_nothing() -> None:
    project = make_project()
    with pytest.raises(Invalid, match="type the project's name"):
        project_delete(project=project, lead=make_user(Role.LEAD), typed_name="projekt")
    with pytest.raises(Denied):
        project_delete(project=project, lead=make_user(), typed_name=project.name)
    assert Project.objects.filter(pk=project.pk).exists()


@pytest.mark.parametrize("state", ["queued", "running"])
def test_what_a_run_or_job_uses_stays(state: str) -> None:
    project, lead = make_project(), make_user(Role.LEAD)
    run = seed_training.run(project, state=state)
    with pytest.raises(Conflict, match=rf"run {run.pk} .* uses this project"):
        project_delete(project=project, lead=lead, typed_name=project.name)
    TrainingRun.objects.update(state=TrainingRun.State.CANCELLED)
    job = ImportJob.objects.create(project=project, path="x", filename="x.csv", state=state)
    assert project_jobs(project) == [str(job)]
    ImportJob.objects.update(state=ImportJob.State.DONE)
    assert project_jobs(project) == []


def test_the_files_of_its_exports_go_with_it(
    tmp_path: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    project, file = make_project(), tmp_path / "export.jsonl"
    file.write_text("{}")
    ExportJob.objects.create(project=project, format="native", path=str(file), state="done")
    with django_capture_on_commit_callbacks(execute=True):
        lead = make_user(Role.LEAD)
        project_delete(project=project, lead=lead, typed_name=project.name)
        assert file.exists(), "not before it is sure"
    assert not file.exists()


def test_the_page_counts_asks_for_the_name_and_then_old_addresses_are_not_found(
    client: Client, project: Project
) -> None:
    client.force_login(make_user(Role.LEAD))
    item = project.items.order_by("pk")[0]
    url = "/quality/care/delete/"
    page = client.get(url).content.decode()
    assert "step labels" in page
    refused = client.post(url, {"name": "care"})
    assert refused.status_code == 422
    assert "to delete it" in refused.content.decode()
    answer = client.post(url, {"name": "Shoes, in care"}, follow=True)
    assert "The project Shoes, in care is deleted." in answer.content.decode()
    gone = [url, "/quality/care/", f"/quality/items/{item.pk}/", f"/adjudication/{item.pk}/"]
    gone += [f"/api/v1/items/{item.pk}/", "/api/v1/labels/?project=care", "/guideline/care/"]
    assert {address: client.get(address).status_code for address in gone} == dict.fromkeys(
        gone, 404
    )
    for address in ("/", "/label/", "/progress/", "/quality/", "/exports/", "/flags/"):
        assert client.get(address, follow=True).status_code == 200
    tombstones = client.get("/admin/annotation/projecttombstone/").content.decode()
    assert "Shoes, in care" in tombstones
    assert ProjectTombstone.objects.count() == 1
