"""An export tells of the waivers behind its models."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from annotation.exports.formats import ExportFilter, ExportFormat, format_named, notes_of
from annotation.exports.jobs import export_job_create, export_job_run
from annotation.models import ExportJob, Project, Rollout, Step
from annotation.people.roles import Role
from tests.annotation.exports.world import decided_project
from tests.factories import make_rollout, make_user
from tests.training.world import run_make
from training.models import Checkpoint, LaunchWaiver, StepScore

pytestmark = pytest.mark.django_db
POLICY = "chairs-7"
LINE = (
    "policy chairs-7 was trained by run {} although: alpha of step 4 is 0.31. "
    "Waived by mira: “the pilot is thrown away”"
)


@pytest.fixture
def project() -> Project:
    """One of its policies comes from a run that mira let start."""
    project = decided_project()
    run = run_make(project)
    LaunchWaiver.objects.create(
        run=run, lead=make_user(Role.LEAD, "mira"), reason="the pilot is\nthrown away",
        refusals=["alpha of step 4 is 0.31"],
    )  # fmt: skip
    Checkpoint.objects.create(name=POLICY, path="left", run=run)
    return project


def told(format: ExportFormat, chosen: ExportFilter) -> list[str]:
    return notes_of(format, chosen, written=1)


def sampled(project: Project) -> str:
    """The policy has written a rollout; what is told of it."""
    rollout = make_rollout(project.pairs.get())
    Rollout.objects.filter(pk=rollout.pk).update(policy=POLICY)
    return LINE.format(LaunchWaiver.objects.get().run_id)


def test_the_card_and_the_job_tell_who_let_the_run_start_and_why(
    project: Project, tmp_path: Path
) -> None:
    line = sampled(project)
    for name in ("sft", "huggingface"):
        out = StringIO()
        folder = tmp_path / name
        call_command("export_labels", folder, project=project.slug, format=name, stdout=out)
        assert f"## To be known\n\n- {line}\n" in (folder / "README.md").read_text()
        assert line in out.getvalue()
    job = export_job_create(project=project, format="labels")
    export_job_run(job_id=job.pk)
    assert ExportJob.objects.get().lint["notes"] == [line]


def test_only_policies_whose_rollouts_are_exported_are_told_of(project: Project) -> None:
    format = format_named("labels")
    assert told(format, ExportFilter(project)) == []
    line = sampled(project)
    assert told(format, ExportFilter(project)) == [line]
    assert told(format, ExportFilter(project, policy=POLICY)) == [line]
    assert told(format, ExportFilter(project, policy="another")) == []
    split = project.pairs.get().split
    other = "test" if split == "train" else "train"
    assert told(format, ExportFilter(project, split=split)) == [line]
    assert told(format, ExportFilter(project, split=other)) == []


def test_a_reward_model_is_told_of_where_its_scores_are(project: Project) -> None:
    rm = Checkpoint.objects.get(name=POLICY)
    rm.kind = Checkpoint.Kind.RM
    rm.save()
    native, chosen = format_named("native"), ExportFilter(project)
    assert told(native, chosen) == []
    StepScore.objects.create(step=Step.objects.earliest("pk"), rm=rm, p=0.5)
    (line,) = told(native, chosen)
    assert line.startswith("reward model chairs-7 was trained by run")
    assert told(format_named("sft"), chosen) == []
