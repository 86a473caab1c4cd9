"""Processor time of process trees: what a judgment costs, however busy the machine is."""

from __future__ import annotations

import contextlib

import psutil


def tree_seconds(pid: int) -> float:
    """User and system seconds of a process, its living descendants and the ended ones that
    were waited for."""
    with contextlib.suppress(psutil.Error):
        root = psutil.Process(pid)
        times = root.cpu_times()
        total = times.user + times.system + times.children_user + times.children_system
        for child in root.children():
            total += tree_seconds(child.pid)
        return total
    return 0.0
