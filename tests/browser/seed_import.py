"""Imports in the states that their page shows."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from django.contrib.auth.models import User

from annotation.models import ImportJob, Project
from annotation.pairs.drafts import (
    import_draft_check,
    import_draft_create,
    import_draft_plan,
)
from annotation.pairs.jobs import import_job_requeue, import_job_run
from annotation.pairs.uploads import Upload
from annotation.starting.choices import choices_saved

# Not the sample: a garden shop's table of 20 products, with a row that has no title.
CATALOGUES = Path(__file__).with_name("catalogues")


def draft(project: Project, user: User, data: bytes = b"") -> ImportJob:
    data = data or (CATALOGUES / "garden.csv").read_bytes()
    upload = Upload(BytesIO(data), "garden.csv")
    return import_draft_create(project=project, uploads=[upload], user=user)


def checked(project: Project, user: User) -> ImportJob:
    job = draft(project, user)
    chosen = choices_saved(job)
    import_draft_plan(job=job, adapter=job.adapter, options=chosen.options)
    import_draft_check(job=job)
    return _ran(job)


def imported(project: Project, user: User) -> ImportJob:
    job = checked(project, user)
    import_job_requeue(job=job)
    return _ran(job)


def failed(project: Project, user: User) -> ImportJob:
    job = draft(project, user, b"what,ever\n1,2\n")
    import_job_requeue(job=job)
    return _ran(job)


def _ran(job: ImportJob) -> ImportJob:
    done = import_job_run(job_id=job.pk)
    assert done is not None
    return done


STATES = {"draft": draft, "checked": checked, "imported": imported, "failed": failed}
