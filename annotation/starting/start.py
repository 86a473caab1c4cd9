"""A new project with the files that its pairs come from."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.text import slugify

from annotation.cot.errors import Conflict
from annotation.cot.wording import wording as _
from annotation.models import ImportJob, Project
from annotation.pairs.drafts import import_draft_create
from annotation.pairs.uploads import Upload
from annotation.quality.projects import project_create

_LONGEST = 50  # characters of a slug


@transaction.atomic
def project_start(
    *, name: str, uploads: Sequence[Upload], slug: str = "", user: User | None = None
) -> ImportJob:
    """Make a project and keep its files; a file that cannot be read leaves no project.

    Raises:
        Conflict: there is a project of that name or slug.
        ImportFileError: one of them is no file that can be imported.
        NoRoom: they cannot be kept.
    """
    if name_taken(name):
        raise Conflict(_("there is already a project by the name %(name)s", name=name))
    project = project_create(slug=slug or slug_for(name), name=name)
    return import_draft_create(project=project, uploads=uploads, user=user)


def name_taken(name: str) -> bool:
    return Project.objects.filter(name__iexact=name).exists()


def slug_for(name: str) -> str:
    """A free slug like the name; ``project`` where no letter of it may be in one."""
    stem = slugify(name)[: _LONGEST - 5].strip("-_") or "project"
    tries = (f"{stem}-{number}" if number > 1 else stem for number in count(1))
    return next(slug for slug in tries if not Project.objects.filter(slug=slug).exists())
