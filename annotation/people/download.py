"""Tables as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence

from django.http import HttpRequest, HttpResponse


def wants_csv(request: HttpRequest) -> str:
    """Which table was asked for by ``?csv=``, "" for the page."""
    return request.GET.get("csv", "")


def csv_response(
    name: str, head: Sequence[str], rows: Iterable[Sequence[object]]
) -> HttpResponse:
    """A download; None is an empty cell. A text that a spreadsheet would take for a formula
    gets a quote in front."""
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
    writer = csv.writer(response)
    writer.writerow(head)
    writer.writerows([[_cell(value) for value in row] for row in rows])
    return response


def _cell(value: object) -> object:
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value
