"""WhiteNoise without a warning for the folder that only ``collectstatic`` makes.

Without that folder files are served from where they lie (``WHITENOISE_USE_FINDERS``), which is
how ``make run`` and the tests work.
"""

from __future__ import annotations

from pathlib import Path

from whitenoise.middleware import WhiteNoiseMiddleware


class StaticFilesMiddleware(WhiteNoiseMiddleware):
    def add_files(self, root: str | Path, prefix: str | None = None) -> None:
        """Serve the files under ``root`` if there are any."""
        if Path(root).is_dir():
            super().add_files(root, prefix)
