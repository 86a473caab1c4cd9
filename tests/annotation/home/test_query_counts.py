"""What a page asks the database does not grow with what there is to show."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotation.people.roles import Role
from tests.factories import make_item, make_project, make_user, submit

pytestmark = pytest.mark.django_db


def grow(projects: int) -> None:
    for _ in range(projects):
        project = make_project(overlap=1)
        submit(make_item(project), make_user())
        make_item(project)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("url", ["/", "/adjudication/", "/flags/", "/progress/"])
def test_ten_projects_take_as_many_queries_as_one(client: Client, role: Role, url: str) -> None:
    client.force_login(make_user(role))

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            client.get(url)
        return len(captured)

    grow(1)
    queries()  # what is read once a process
    one = queries()
    grow(9)
    queries()  # what is kept for ten minutes a project
    assert queries() == one
