"""A bound for what is uploaded: told before the body is read where its length is known, else
as soon as it is passed."""

from __future__ import annotations

from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler


class UploadLimit(FileUploadHandler):
    """Before Django's own handlers, which keep what is small in memory and all else on disk."""

    _received = 0

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: dict[str, str],
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        self._check(content_length or 0)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self._received += len(raw_data)
        self._check(self._received)
        return raw_data

    def file_complete(self, file_size: int) -> Any:
        return None  # the next handler has it

    def _check(self, size: int) -> None:
        if size > settings.UPLOAD_MB * 1024 * 1024:
            raise RequestDataTooBig(
                f"more than {settings.UPLOAD_MB} MB are not taken in one upload: pack the "
                "files (gzip or zstd), or upload them in parts"
            )
