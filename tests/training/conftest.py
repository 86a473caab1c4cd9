from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from unittest import mock

import pytest

if TYPE_CHECKING:  # Django's models cannot be imported before pytest-django has set it up
    from django.test import Client


@pytest.fixture
def engineer(db: None) -> Client:
    from annotation.people.roles import Role
    from tests.training.admin_door import client_of

    return client_of(Role.ML_ENGINEER)


@pytest.fixture
def sent() -> Iterator[list[int]]:
    """The ids of the runs and batches that the admin handed to a worker."""
    ids: list[int] = []
    with (
        mock.patch("training.runs.tasks.run_launch.delay", ids.append),
        mock.patch("training.rollouts.admin.rollouts_run.delay", ids.append),
    ):
        yield ids
