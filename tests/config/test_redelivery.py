"""The broker's promise: the message of a killed worker comes back. With real processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.config.workers import (
    Environment,
    database_with_queues,
    noted,
    send,
    wait_until,
    waiting,
    worker,
)

pytestmark = pytest.mark.flow


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[Environment]:
    with database_with_queues(tmp_path) as environment:
        yield environment


def test_the_message_of_a_killed_worker_comes_back_and_is_done_once_more(
    environment: Environment, tmp_path: Path
) -> None:
    notes = tmp_path / "deliveries"
    send(environment, f"attempt.delay({str(notes)!r})")
    with worker(environment) as kill:
        wait_until(lambda: len(noted(notes)) == 1)
        kill()
    assert waiting(environment) == 1
    with worker(environment):
        wait_until(lambda: len(noted(notes)) == 2)
        wait_until(lambda: waiting(environment) == 0)
    assert len(set(noted(notes))) == 2
