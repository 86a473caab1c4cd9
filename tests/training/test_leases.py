from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.db.models import F

from annotation.models.leases import LeaseLost, lease_take, lease_update
from tests.factories import make_project
from tests.training.world import run_make
from training.models import TrainingRun


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_at_once_exactly_one_gets_the_run() -> None:
    run = run_make(make_project())
    workers = 8
    barrier = Barrier(workers)

    def claim(_: int) -> str | None:
        barrier.wait()
        try:
            return lease_take(
                TrainingRun.objects.filter(pk=run.pk),
                attempt=F("attempt") + 1,
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(workers) as pool:
        tokens = [token for token in pool.map(claim, range(workers)) if token]
    run.refresh_from_db()
    assert tokens == [run.lease_token]
    assert run.attempt == 1


@pytest.mark.django_db
def test_only_the_holder_can_write() -> None:
    run = run_make(make_project())
    rows = TrainingRun.objects.filter(pk=run.pk)
    first = lease_take(rows)
    rows.update(lease_expires_at=None)
    second = lease_take(rows)
    assert first is not None
    assert second is not None
    with pytest.raises(LeaseLost):
        lease_update(rows, first, step=1)
    lease_update(rows, second, step=2)
    assert rows.get().step == 2
