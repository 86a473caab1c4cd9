"""Functions of the database: a file each, created again when its text has changed.

Migrations are run once, so a function that lives in one could be changed only by copying all of
it into the next. Here it is edited in its file, and ``manage.py migrate`` brings it up to date.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.db import DatabaseError, connection, transaction
from psycopg import sql


@dataclass(frozen=True, slots=True)
class Function:
    """``text`` creates or replaces it."""

    name: str
    text: str


# Its own definition is part of the mark: who replaced it by hand, or a migration did, is seen.
_THERE = """
SELECT oid::regprocedure::text, obj_description(oid, 'pg_proc'), pg_get_functiondef(oid)
FROM pg_proc
WHERE proname = %s AND pronamespace = current_schema()::regnamespace
"""


def functions_install(functions: Iterable[Function]) -> list[str]:
    """Names of those that were made or made again; one that is as its text says is left."""
    with transaction.atomic():
        return [each.name for each in functions if _install(each)]


def _install(function: Function) -> bool:
    there = _there(function.name)
    if len(there) == 1 and there[0][1] == _mark(function, there[0][2]):
        return False
    for signature, _, _ in there:
        _drop(signature)
    _execute(function.text)
    [(signature, _, definition)] = _there(function.name)
    _execute(
        sql.SQL("COMMENT ON FUNCTION {} IS {}").format(
            sql.SQL(signature), sql.Literal(_mark(function, definition))
        )
    )
    return True


def _drop(signature: str) -> None:
    """So that it may come back with other arguments or results; not while triggers use it,
    whose function has neither."""
    try:
        with transaction.atomic():
            _execute(f"DROP FUNCTION {signature}")
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", "") != "2BP01":  # others depend on it
            raise


def _there(name: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_THERE, [name])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _execute(statement: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _mark(function: Function, definition: str) -> str:
    return "sha256 " + sha256(f"{function.text}\x1f{definition}".encode()).hexdigest()
