"""SQL that must be SQL lies in ``sql/`` beside its service: one statement a file. Pure.

A file has named parameters, ``%(name)s``. What is known before the call, a state above all, is
written into the text when it is read: the server then sees that a partial index fits, and a
state has its one spelling in the enum. Lines from ``-- if name`` to ``-- end`` are optional.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path


class Sql(str):
    """A piece of SQL, which stands in the text as it is."""

    __slots__ = ()


Constant = str | int | Collection[str]

_PART = re.compile(r"^ *-- if (\w+)\n(.*?)^ *-- end\n", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"%\((\w+)\)s")


def statement(
    module: str, name: str, *, parts: Collection[str] = (), **constants: Constant
) -> str:
    """The text of ``sql/NAME.sql`` beside ``module``, which gives its ``__file__``, with the
    optional ``parts`` that are named. A constant of several texts goes behind ``IN``."""
    path = Path(module).parent / "sql" / f"{name}.sql"
    text = _PART.sub(lambda m: m[2] if m[1] in parts else "", path.read_text("utf-8"))
    return _NAME.sub(lambda m: _literal(constants[m[1]]) if m[1] in constants else m[0], text)


def _literal(value: Constant) -> str:
    if isinstance(value, Sql):
        return str(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        # str(): an enum's member is its value.
        return "'" + str(value).replace("'", "''") + "'"
    return f"({', '.join(_literal(each) for each in value)})"
