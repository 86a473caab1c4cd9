"""Lines of COPY, read by PostgreSQL itself."""

from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from annotation.pairs.copy_text import copy_line

AWKWARD = ["", "\\", "\\.", "\\N", "\t", "a\nb", "\r\n", "\\t", " ", "na\u00efve\u2028"]
VALUES = st.sampled_from(AWKWARD) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20
)
ROWS = st.lists(st.tuples(VALUES, VALUES, VALUES), max_size=5)


@pytest.mark.django_db
def test_what_is_written_is_what_postgres_reads() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE copied (a text, b text, c text) ON COMMIT DROP")

        @given(ROWS)
        def same(rows: list[tuple[str, str, str]]) -> None:
            cursor.execute("TRUNCATE copied")
            with cursor.copy("COPY copied (a, b, c) FROM STDIN") as copy:
                copy.write("".join(copy_line(row) for row in rows))
            cursor.execute("SELECT a, b, c FROM copied ORDER BY ctid")
            assert cursor.fetchall() == rows

        same()
