"""Imports in the states that their page shows."""

from __future__ import annotations

import json
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
from tests.factories import cot

# Not the sample: a garden shop's table of 20 products, with a row that has no title.
CATALOGUES = Path(__file__).with_name("catalogues")


def draft(project: Project, user: User, data: bytes = b"") -> ImportJob:
    data = data or (CATALOGUES / "garden.csv").read_bytes()
    upload = Upload(BytesIO(data), "garden.csv")
    return import_draft_create(project=project, uploads=[upload], user=user)


def checked(project: Project, user: User) -> ImportJob:
    return _checked(draft(project, user))


def imported(project: Project, user: User) -> ImportJob:
    return _imported(checked(project, user))


def failed(project: Project, user: User) -> ImportJob:
    return _imported(draft(project, user, b"what,ever\n1,2\n"))


def cots_draft(project: Project, user: User) -> ImportJob:
    """Traces of the project's pairs, one of them without our headings, and one of nobody."""
    keys = [
        {"query": pair.query, "sku": pair.product.external_id, "title": pair.product.title}
        for pair in project.pairs.select_related("product").order_by("pk")[:3]
    ]
    texts = [cot(), cot(tier="3"), "I think that it fits well enough, so 3 of 4. " * 3]
    keys.append({"query": "nobody asks this", "sku": "none", "title": "Nothing"})
    records = [
        {"name": "judge", "run_type": "llm", "inputs": key, "outputs": {"text": text}}
        for key, text in zip(keys, [*texts, cot()], strict=False)
    ]
    data = "".join(json.dumps(record) + "\n" for record in records).encode()
    upload = Upload(BytesIO(data), "runs.jsonl")
    return import_draft_create(
        project=project,
        uploads=[upload],
        user=user,
        adapter="cots",
        options={"writer": "traced"},
    )


def cots_checked(project: Project, user: User) -> ImportJob:
    return _checked(cots_draft(project, user))


def cots_imported(project: Project, user: User) -> ImportJob:
    return _imported(cots_checked(project, user))


def _checked(job: ImportJob) -> ImportJob:
    chosen = choices_saved(job)
    import_draft_plan(job=job, adapter=job.adapter, options=chosen.options)
    import_draft_check(job=job)
    return _ran(job)


def _imported(job: ImportJob) -> ImportJob:
    import_job_requeue(job=job)
    return _ran(job)


def _ran(job: ImportJob) -> ImportJob:
    done = import_job_run(job_id=job.pk)
    assert done is not None
    return done


STATES = {
    "draft": draft,
    "checked": checked,
    "imported": imported,
    "failed": failed,
    "cots": cots_draft,
    "cots-checked": cots_checked,
    "cots-imported": cots_imported,
}
