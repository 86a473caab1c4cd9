"""kombu's pgmq transport, mended where a lost connection or a bad message would end all work.

- An acknowledgement that does not get through left its message counted as under way for ever. A
  worker that takes one message at a time then never asked for another one.
- A message that is no message raised in the worker's loop, at every delivery again. Here it is
  parked: moved to the archive of its queue (``pgmq.a_QUEUE``), where it can be looked at.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic
from typing import Any

import psycopg
from kombu.transport import pgmq
from psycopg_pool import PoolTimeout

from config.broker import POOL_SIZE

# A message read so often without an end takes its workers along; a job comes back by its row.
MAX_DELIVERIES = 5
_LOST = (psycopg.OperationalError, psycopg.InterfaceError)
# What the making of a request raises on headers that nobody of ours wrote.
_MALFORMED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

logger = logging.getLogger(__name__)
_last_read: list[float] = []


def seconds_since_read() -> float | None:
    """How long ago this process last asked its queues for work; None with another broker."""
    return monotonic() - _last_read[0] if _last_read else None


class Channel(pgmq.Channel):  # type: ignore[misc]  # kombu carries no types
    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        self._tell(lambda: super(Channel, self).basic_ack(delivery_tag, multiple), delivery_tag)

    def basic_reject(self, delivery_tag: str, requeue: bool = False) -> None:
        if not requeue:
            self._tell(lambda: self._park_taken(delivery_tag), delivery_tag)
            return
        self._tell(
            lambda: super(Channel, self).basic_reject(delivery_tag, requeue=True), delivery_tag
        )

    def basic_consume(
        self,
        queue: str,
        no_ack: bool,
        callback: Callable[[Any], Any],
        consumer_tag: str,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        def guarded(message: Any) -> Any:
            try:
                return callback(message)
            except _MALFORMED:
                logger.exception("a message of the queue %s makes no task", queue)
                message.reject()

        return super().basic_consume(queue, no_ack, guarded, consumer_tag, *args, **kwargs)

    def _tell(self, say: Callable[[], None], delivery_tag: str) -> None:
        """Over one connection after the other; the tag is free whatever comes of it.

        Every pooled connection may be one that the server has cut off. What was not told comes
        again after the visibility timeout, and a repeated message is harmless. A worker that
        found its connection lost while it was at a job has closed the channel of the job.
        """
        if self.closed:
            logger.warning("a message is of a lost connection and comes again")
            return
        for _ in range(POOL_SIZE + 1):
            try:
                return say()
            except PoolTimeout as error:
                last: Exception = error
                break
            except _LOST as error:
                last = error
        logger.warning("a message was not acknowledged and comes again: %s", str(last).strip())
        self.qos.ack(delivery_tag)

    def _park_taken(self, delivery_tag: str) -> None:
        """Park a message that has been taken."""
        try:
            about = self.qos.get(delivery_tag).delivery_info
        except KeyError:
            pass
        else:
            self._park(about["pgmq_queue"], about["pgmq_msg_id"])
        self.qos.reject(delivery_tag, requeue=False)

    def _park(self, queue: str, number: int) -> None:
        self.pgmq.archive(queue, number)
        logger.error("message %s is parked: see the table pgmq.a_%s", number, queue)

    def _receive_messages(self, queue: str, *args: Any, **options: Any) -> list[Any]:
        messages = super()._receive_messages(queue, *args, **options)
        _last_read[:] = [monotonic()]
        return [message for message in messages if self._is_fit(message, queue)]

    def _is_fit(self, message: Any, queue: str) -> bool:
        """False for what could only raise; it is parked."""
        try:
            if message.read_ct > MAX_DELIVERIES:
                raise ValueError(f"delivered {message.read_ct} times without an end")
            payload = self._pgmq_message_to_python(message, queue)
            self.Message(payload, channel=self).decode()
        except Exception as error:  # whatever kombu meets in it
            logger.error("a message of the queue %s cannot be read: %r", queue, error)
            self._park(self._queue_name(queue), message.msg_id)
            return False
        return True


class Transport(pgmq.Transport):  # type: ignore[misc]
    Channel = Channel
