"""Celery doors of the verifier."""

from __future__ import annotations

from celery import shared_task

from verifier.services.truth import truth_refresh_share


@shared_task
def truth_refresh_due() -> None:
    truth_refresh_share()
