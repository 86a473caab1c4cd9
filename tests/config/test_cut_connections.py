"""Workers whose connections are cut, or who get what is no message, go on. Real processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from config.heartbeat import QUEUES
from tests.config.workers import (
    Environment,
    database_with_queues,
    noted,
    query,
    send,
    wait_until,
    waiting,
    worker,
)

pytestmark = pytest.mark.flow
CUT = """
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
"""
# No object, no properties, a body that is no base64, headers that make no task, an unknown one.
BROKEN = (
    """'"text"'""",
    "'{}'",
    """'{"body": "?", "headers": {}, "properties": {"delivery_tag": "1",
        "body_encoding": "base64", "delivery_info": {}}}'""",
    """'{"body": "W10=", "content-type": "application/json", "content-encoding": "utf-8",
        "headers": {"task": "tests.note"}, "properties": {"delivery_tag": "2",
        "body_encoding": "base64", "delivery_info": {}}}'""",
    """'{"body": "W10=", "content-type": "application/json", "content-encoding": "utf-8",
        "headers": {"task": "nobody.knows", "id": "3"}, "properties": {"delivery_tag": "3",
        "body_encoding": "base64", "delivery_info": {}}}'""",
)


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[Environment]:
    with database_with_queues(tmp_path) as environment:
        yield environment


def test_every_queue_is_worked_on_after_all_connections_were_cut_under_load(
    environment: Environment, tmp_path: Path
) -> None:
    gate, notes = tmp_path / "gate", {queue: tmp_path / queue for queue in QUEUES}
    send(
        environment,
        f"for queue, path in {[(queue, str(path)) for queue, path in notes.items()]}:\n"
        f"    note.apply_async([path, 'first', {str(gate)!r}], queue=queue)\n"
        "    [note.apply_async([path, f'n{n}'], queue=queue) for n in range(10)]",
    )
    words = {"first", *(f"n{n}" for n in range(10))}
    with ExitStack() as stack:
        for queue in QUEUES:
            stack.enter_context(worker(environment, queue))
        # At a job, a worker that takes one message at a time does not look at its connections.
        wait_until(lambda: all(noted(path) for path in notes.values()))
        query(environment, CUT)
        gate.touch()
        wait_until(lambda: all(set(noted(path)) == words for path in notes.values()))
        query(environment, CUT)  # and now while they wait for work
        wait_until(lambda: not any(waiting(environment, queue) for queue in QUEUES))


def test_what_is_no_message_is_parked_and_the_next_one_is_done(
    environment: Environment, tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    send(environment, f"note.delay({str(notes)!r}, 'before')")
    for text in BROKEN:
        query(environment, f"select pgmq.send('default', {text}::jsonb)")
    send(environment, f"note.delay({str(notes)!r}, 'after')")
    with worker(environment):
        wait_until(lambda: noted(notes) == ["before", "after"])
        wait_until(lambda: waiting(environment) == 0)
    assert query(environment, "select count(*) from pgmq.a_default") == [(len(BROKEN),)]
