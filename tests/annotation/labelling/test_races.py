"""Two requests at the same moment, on connections of their own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TypeVar

import pytest
from django.db import connection

from annotation.labelling.queue import queue_claim
from annotation.labelling.submit import label_submit
from annotation.models import QueueItem, StepLabel, Submission
from annotation.pairs.jobs import import_job_create, import_job_run
from tests.factories import (
    labels_for,
    make_item,
    make_pair,
    make_project,
    make_rollout,
    make_user,
    open_item,
)

T = TypeVar("T")
pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls: Callable[[], T]) -> list[T]:
    barrier = Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        try:
            barrier.wait()
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_a_submit_pressed_four_times_at_once_is_one_receipt() -> None:
    project, user = make_project(overlap=1), make_user()
    make_item(project)
    claim = queue_claim(annotator=user, project=project)
    assert claim is not None

    def press() -> int:
        return label_submit(
            assignment=claim, annotator=user, client_key="same", labels=labels_for()
        ).pk

    assert len(set(at_once(press, press, press, press))) == 1
    assert Submission.objects.count() == 1
    assert StepLabel.objects.count() == 5


def test_the_last_two_submits_at_once_complete_the_item() -> None:
    project, users = make_project(overlap=2), [make_user(), make_user()]
    item = make_item(project)

    def submits(number: int) -> Callable[[], Submission]:
        user = users[number]
        claim = queue_claim(annotator=user, project=project)
        assert claim is not None
        return lambda: label_submit(
            assignment=claim, annotator=user, client_key=f"k{number}", labels=labels_for()
        )

    at_once(submits(0), submits(1))
    item.refresh_from_db()
    assert item.state == QueueItem.State.LABELLED


def test_one_person_in_two_tabs_holds_one_item() -> None:
    project, user = make_project(overlap=2), make_user()
    make_item(project)

    def claim() -> int | None:
        claim = queue_claim(annotator=user, project=project)
        return claim.pk if claim else None

    assert len(set(at_once(claim, claim, claim))) == 1


def test_a_rollout_opened_at_once_from_several_sides_is_in_the_queue_once() -> None:
    rollout = make_rollout(make_pair(make_project()))
    items = at_once(*[lambda: open_item(rollout).pk] * 4)
    assert len(set(items)) == 1
    assert QueueItem.objects.count() == 1


def test_an_import_delivered_twice_at_once_runs_once(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text("".join(f'{{"query": "q {n}", "title": "t"}}\n' for n in range(3000)))
    with path.open("rb") as stream:
        job = import_job_create(project=make_project(), upload=stream, filename="p.jsonl")

    def run() -> bool:
        return import_job_run(job_id=job.pk) is not None

    assert sorted(at_once(run, run, run)) == [False, False, True]
    job.refresh_from_db()
    assert (job.state, job.pairs_created) == ("done", 3000)
