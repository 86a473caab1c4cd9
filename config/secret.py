"""The signing key of the embedded installation: made once, kept beside the data."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

# Keys that stand, or stood, in the files of this project: everybody can sign with them.
PLACEHOLDERS = frozenset({"replace-me-with-50-random-characters", "build"})
NEW_KEY = 'python -c "import secrets; print(secrets.token_urlsafe(50))"'


def secret_key(configured: str, *, embedded: bool, folder: Path) -> str:
    """The configured key, or the generated one of an embedded installation.

    Raises:
        ImproperlyConfigured: a server of its own (DATABASE_URL) without a key, or with one
            that everybody knows.
    """
    if configured.strip() in PLACEHOLDERS and not embedded:
        raise ImproperlyConfigured(
            "STEPWISE_SECRET_KEY is the placeholder of the example, which everybody knows: "
            f"set it to the output of {NEW_KEY}"
        )
    if configured:
        return configured
    if not embedded:
        raise ImproperlyConfigured(
            "STEPWISE_SECRET_KEY (or STEPWISE_SECRET_KEY_FILE) is required with DATABASE_URL: "
            "every process must sign with the same key"
        )
    path = folder / "secret_key"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as handle:
        key = secrets.token_urlsafe(50)
        handle.write(key)
    return key
