"""Rows in the text format of PostgreSQL's COPY. Pure.

psycopg writes such rows too, one value at a time; where a file has millions of rows that takes
longer than reading them.
"""

from __future__ import annotations

from collections.abc import Sequence

_ESCAPED = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def copy_line(values: Sequence[str]) -> str:
    """One row with its line end. The values hold no NUL and no lone surrogate."""
    line = "\t".join(values)
    plain = "\\" not in line and "\n" not in line and "\r" not in line
    if not plain or line.count("\t") >= len(values):
        line = "\t".join([value.translate(_ESCAPED) for value in values])
    return line + "\n"
