"""What a worker does in the background: look, or wait for its end."""

from __future__ import annotations

from typing import Literal

from stepwise_client.connection import Connection
from stepwise_client.polling import polled
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
        return polled(
            lambda: self.job(kind, id),
            until=lambda job: job.ended,
            waiting=lambda job: f"{kind} {id} is still {job.state}",
            seconds=seconds,
            every=every,
        )
