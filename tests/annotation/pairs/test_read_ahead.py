"""Reading one item ahead in a thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from annotation.pairs.read_ahead import read_ahead


def test_the_items_come_in_order_and_the_next_one_is_read_meanwhile() -> None:
    second_read = threading.Event()

    def items() -> Iterator[int]:
        yield 0
        second_read.set()
        yield from range(1, 5)

    received = []
    for item in read_ahead(items()):
        received.append(item)
        assert second_read.wait(10)
    assert received == [0, 1, 2, 3, 4]


def test_an_error_of_the_reader_comes_after_the_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("line 2")

    ahead = read_ahead(items())
    assert next(ahead) == 1
    with pytest.raises(ValueError, match="line 2"):
        next(ahead)


def test_no_thread_stays_behind_when_the_writer_gives_up() -> None:
    threads = threading.active_count()
    ahead = read_ahead(iter(range(1, 100)))
    assert next(ahead) == 1
    ahead.close()
    assert threading.active_count() == threads
