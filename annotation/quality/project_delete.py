"""The end of a project: everything that hangs from it goes, a tombstone stays."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction

from annotation.cot.errors import Conflict, Denied, Invalid
from annotation.cot.wording import wording as _
from annotation.models import ExportJob, Project, ProjectTombstone
from annotation.people.roles import Role, has_role
from annotation.quality.project_rows import (
    Hanging,
    hanging_tables,
    loose_ends,
    project_counts,
    project_jobs,
)


@transaction.atomic
def project_delete(*, project: Project, lead: User, typed_name: str) -> ProjectTombstone:
    """Delete a project with all its rows and the files of its exports. It cannot be undone.

    Checkpoints and the folders of runs stay: other projects may use them.

    Raises:
        Denied: not a lead.
        Invalid: another name was typed.
        Conflict: a run or job uses it, or something of another project refers to it.
    """
    if not has_role(lead, Role.LEAD):
        raise Denied(_("only a lead may delete a project"))
    project = Project.objects.select_for_update().get(pk=project.pk)
    if typed_name.strip() != project.name:
        raise Invalid(_("type the project's name, %(name)s, to delete it", name=project.name))
    if jobs := project_jobs(project):
        raise Conflict(_("%(job)s uses this project; stop it first", job=jobs[0]))
    files = [Path(job.path) for job in ExportJob.objects.filter(project=project) if job.path]
    tombstone = ProjectTombstone.objects.create(
        slug=project.slug,
        name=project.name,
        counts=dict(project_counts(project)),
        created_by=lead,
    )
    for model, field, path in loose_ends():
        model._default_manager.filter(**{path: project.pk}).update(**{field: None})
    try:
        for table in hanging_tables():
            _delete(table, project)
        connection.check_constraints()
    except IntegrityError as error:
        raise Conflict(_("something of another project refers to this one")) from error
    transaction.on_commit(partial(_unlink, files))
    return tombstone


def _delete(table: Hanging, project: Project) -> None:
    """In one statement: Django would load every row first to look who refers to it."""
    chosen, values = table.rows(project).values("pk").query.sql_with_params()
    name, key = table.model._meta.db_table, table.model._meta.pk.column
    with connection.cursor() as cursor:
        cursor.execute(f'DELETE FROM "{name}" WHERE "{key}" IN ({chosen})', values)


def _unlink(files: list[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)
