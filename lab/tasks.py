"""What beat calls of the lab."""

from __future__ import annotations

from celery import shared_task

from lab.example.example import example_turn

__all__ = ["example_due"]


@shared_task
def example_due() -> None:
    """The simulated people of the example project take their turn."""
    example_turn()
