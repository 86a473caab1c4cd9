"""A connection that is kept, and looked at before each request without asking the server."""

from __future__ import annotations

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base


class _Prepared(psycopg.Cursor[Any]):
    """Lets the server parse and plan a statement once a connection, not once a call."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> _Prepared:
        return super().execute(query, params, prepare=True, **options)

    def _send_query_prepared(self, name: bytes, pgq: Any, **options: Any) -> None:
        self._query = pgq  # for Django's log of queries
        super()._send_query_prepared(name, pgq, **options)


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """False when the server hung up since the last request.

        A server that restarts or ends a session says so on the socket, and between two requests
        nothing else is said there. Only a socket that has something to read is worth the
        ``SELECT 1`` that Django asks before every request.
        """
        if self.connection is None or self.connection.closed:
            return False
        try:
            socket = select.poll()  # unlike select(), it takes any descriptor
            socket.register(self.connection.fileno(), select.POLLIN)
            heard = socket.poll(0)
        except OSError:
            return False
        return super().is_usable() if heard else True

    def prepared_cursor(self) -> Any:
        """A cursor for the few statements that every claim and submit runs.

        Django's own cursors send the text with the values in it, which the server parses and
        plans each time; for these statements that takes longer than running them.
        """
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.wrap_database_errors:
            wrapper: Any = self  # the stubs leave the method out
            return wrapper._prepare_cursor(_Prepared(self.connection))
