"""What the label page sends."""

from __future__ import annotations

PART = {"HX-Request": "true"}  # as htmx asks
ALL_CORRECT = {f"verdict-{kind}": "correct" for kind in range(1, 6)}
