"""A finished export as an HTTP answer, for pages and API alike."""

from __future__ import annotations

from pathlib import Path

from django.http import FileResponse, Http404

from annotation.models import ExportJob


def file_response(job: ExportJob) -> FileResponse:
    """The file as a streamed download.

    Raises:
        Http404: it was deleted from the disk.
    """
    path = Path(job.path)
    if not path.is_file():
        raise Http404("the file of this export is gone; export again")
    return FileResponse(path.open("rb"), as_attachment=True, filename=job.filename)
