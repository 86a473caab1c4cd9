"""Several model instances out of one hand-written SELECT.

The pages and endpoints that annotators open all day load the same few rows every time. Building
and compiling a queryset for them takes several times as long as the database needs.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import Model

REPLAN_SECONDS = 30


class Joined:
    """Columns of models under table aliases: ``columns`` goes into the SELECT, ``read`` takes
    the row apart again. The models' columns must come first in the row. ``only`` names by alias
    the attributes to load; the rest is loaded when it is asked for."""

    def __init__(
        self, only: Mapping[str, Collection[str]] | None = None, **models: type[Model]
    ) -> None:
        self._models = models
        self._only = only or {}

    def _fields(self, alias: str) -> list[Any]:
        """In the model's order, by which Django takes a row with fewer columns."""
        fields, only = self._models[alias]._meta.concrete_fields, self._only.get(alias)
        return [field for field in fields if only is None or field.attname in only]

    @cached_property
    def columns(self) -> str:
        return ", ".join(
            f'{alias}."{field.column}"'
            for alias in self._models
            for field in self._fields(alias)
        )

    @cached_property
    def _parts(self) -> list[tuple[str, type[Model], list[str], int, list[tuple[int, Any]]]]:
        """(alias, model, attribute names, number of columns, [(position, from_db_value)])."""
        parts = []
        for alias, model in self._models.items():
            fields = self._fields(alias)
            converters = [
                (place, field.from_db_value)
                for place, field in enumerate(fields)
                if hasattr(field, "from_db_value")
            ]
            names = [str(field.attname) for field in fields]
            parts.append((alias, model, names, len(fields), converters))
        return parts

    def read(self, row: Sequence[Any]) -> dict[str, Any]:
        """Alias -> instance."""
        instances, at = {}, 0
        for alias, model, names, width, converters in self._parts:
            values = list(row[at : at + width])
            for place, convert in converters:
                values[place] = convert(values[place], None, connection)
            instances[alias] = model.from_db(connection.alias, names, values)
            at += width
        return instances


def fetch(
    statement: str, values: Mapping[str, Any] | Sequence[Any] = ()
) -> tuple[Any, ...] | None:
    """The first row, or None. The server keeps the plan for half a minute."""
    # A plan made while a table was nearly empty reads all of it, long after it has grown.
    mark = int(time.monotonic() // REPLAN_SECONDS)
    # The method is config.postgresql's, which this app cannot name.
    cursors: Any = connection
    with cursors.prepared_cursor() as cursor:
        cursor.execute(f"{statement}\n-- {mark}", values)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row
