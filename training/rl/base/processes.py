"""One run on several processes (``accelerate launch``): who writes, who waits.

The main process evaluates and explores; the others wait, then read its files as a restarted
run would. Alone, nothing here does anything.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
from accelerate import PartialState
from torch import distributed

_PATIENCE = timedelta(hours=24)  # the others wait as long as an evaluation takes


def join() -> None:
    """Meet the other processes that the launcher's environment names."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1 and not distributed.is_initialized():
        PartialState(timeout=_PATIENCE)


def leave() -> None:
    """Part from them again, so that none is left waiting at exit."""
    if distributed.is_initialized():
        distributed.destroy_process_group()


def world_size() -> int:
    return distributed.get_world_size() if distributed.is_initialized() else 1


def is_main() -> bool:
    return not distributed.is_initialized() or distributed.get_rank() == 0


@contextmanager
def main_first() -> Iterator[None]:
    """The body runs on the main process first; the others then find what it left on disk."""
    if not is_main():
        distributed.barrier()
    try:
        yield
    finally:  # whatever ended it here will end it there too
        if is_main() and world_size() > 1:
            distributed.barrier()


def any_says(flag: bool) -> bool:
    """True on every process if it is on one: a file may appear between two of their looks."""
    if world_size() == 1:
        return flag
    device = "cuda" if distributed.get_backend() == "nccl" else "cpu"
    flags = torch.tensor([float(flag)], device=device)
    distributed.all_reduce(flags)
    return bool(flags.item() > 0)
