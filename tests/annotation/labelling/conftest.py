"""A kettle to judge, and the person who judges it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

# Models are imported where they are used: a conftest is read before Django is set up.
if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.test import Client

    from annotation.models import Assignment, Project, QueueItem


@pytest.fixture
def project() -> Project:
    from tests.browser import seed

    return seed.project_seed()


@pytest.fixture
def item(project: Project) -> QueueItem:
    from tests.browser import seed

    return seed.item_seed(project, seed.KETTLE)


@pytest.fixture
def annotator() -> User:
    from annotation.people.roles import Role
    from tests.browser import seed

    return seed.person_seed("ann", Role.ANNOTATOR)


@pytest.fixture
def assignment(client: Client, item: QueueItem, annotator: User) -> Assignment:
    from annotation.models import Assignment

    client.force_login(annotator)
    client.get("/label/")
    return Assignment.objects.get()
