from __future__ import annotations

from django.apps import AppConfig


class LabConfig(AppConfig):
    """No models: only commands that play the circle."""

    name = "lab"
