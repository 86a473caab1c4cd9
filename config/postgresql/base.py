"""A connection that is kept, and looked at before each request without asking the server."""

from __future__ import annotations

import select

from django.db.backends.postgresql import base


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
