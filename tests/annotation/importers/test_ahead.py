"""Elements made ahead by a thread: the same ones, its errors, and its end."""

from __future__ import annotations

import threading
from collections.abc import Generator

import pytest

from annotation.importers.ahead import ahead


def numbers(ended: list[int]) -> Generator[tuple[int, int]]:
    try:
        for number in range(1, 4):
            yield number, threading.get_ident()
        raise ValueError("the file is cut")
    finally:
        ended.append(threading.get_ident())


def test_elements_come_in_order_then_the_error_and_all_from_one_other_thread() -> None:
    seen: list[tuple[int, int]] = []
    ended: list[int] = []
    with pytest.raises(ValueError, match="the file is cut"):
        seen.extend(ahead(numbers(ended)))
    assert [number for number, _ in seen] == [1, 2, 3]
    threads = {thread for _, thread in seen} | set(ended)
    assert (len(threads), threads & {threading.get_ident()}) == (1, set())


def test_one_that_is_left_early_ends_in_its_own_thread() -> None:
    ended: list[int] = []
    coming = ahead(numbers(ended))
    _, thread = next(coming)
    coming.close()
    assert ended == [thread]
