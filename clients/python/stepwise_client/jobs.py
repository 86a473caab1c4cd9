"""What a worker does in the background: look, or wait for its end."""

from __future__ import annotations

import time
from typing import Literal

from stepwise_client.connection import Connection
from stepwise_client.records import Job

Kind = Literal["imports", "exports", "batches", "runs"]


class Jobs(Connection):
    def job(self, kind: Kind, id: int) -> Job:
        return Job.of(self._get(f"{kind}/{id}/"))

    def wait(self, kind: Kind, id: int, *, seconds: float = 600, every: float = 1.0) -> Job:
        """The job when it has ended, failed or not.

        Raises:
            TimeoutError: it goes on longer than that.
        """
        until = time.monotonic() + seconds
        while not (job := self.job(kind, id)).ended:
            if time.monotonic() >= until:
                raise TimeoutError(f"{kind} {id} is still {job.state}")
            time.sleep(every)
        return job
