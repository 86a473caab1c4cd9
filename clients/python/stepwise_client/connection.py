"""One connection: problems are exceptions, pages iterators, and what may be repeated is."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Self

import httpx

from stepwise_client.errors import error_of

PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)  # longer than PostgreSQL takes to restart
_BATCH = 500
_LONGEST_WAIT = 60.0  # a server may name the wait, but not one without an end
_AWAY = {502, 503, 504}
_TOO_MANY = 429


class Connection:
    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout: float = 30.0,
        pauses: Sequence[float] = PAUSES,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """``timeout``: seconds for each request. ``pauses``: seconds before each new attempt of
        a request that may be sent twice and met a lost connection or a server that is away;
        () for none."""
        self._pauses = tuple(pauses)
        self._http = httpx.Client(
            base_url=url.rstrip("/") + "/api/v1/",
            headers={"Authorization": f"Bearer {token}"},
            timeout=timeout,
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def _pages(self, path: str, **filters: str | int | bool | None) -> Iterator[Any]:
        """The rows of all pages; the next page is fetched when its first row is wanted."""
        page = self._get(path, **filters, page_size=_BATCH)
        while True:
            yield from page["results"]
            if not page["next"]:
                return
            page = self._get(page["next"])

    def _get(self, path: str, **params: str | int | bool | None) -> Any:
        sent = {name: value for name, value in params.items() if value is not None}
        # an empty `params` would cut the query off the address of a next page
        return self._send("GET", path, again=True, **({"params": sent} if sent else {})).json()

    def _post(self, path: str, *, again: bool = False, **sent: Any) -> Any:
        response = self._send("POST", path, again=again, **sent)
        return response.json() if response.content else None

    def _put(self, path: str, body: Any) -> Any:
        return self._send("PUT", path, json=body).json()

    def _patch(self, path: str, body: Any, **params: str) -> Any:
        return self._send("PATCH", path, json=body, params=params).json()

    def _send(
        self, method: str, path: str, *, again: bool = False, **sent: Any
    ) -> httpx.Response:
        """``again``: it may be repeated though its answer was lost. A 429 may always be."""
        for pause in self._pauses:
            try:
                response = self._http.request(method, path, **sent)
            except httpx.TransportError:
                if not again:
                    raise
                time.sleep(pause)
                continue
            busy = response.status_code == _TOO_MANY
            if not busy and not (again and response.status_code in _AWAY):
                return _checked(response)
            time.sleep(max(pause, _named_wait(response)))
        return _checked(self._http.request(method, path, **sent))


def _named_wait(response: httpx.Response) -> float:
    """Seconds of ``Retry-After``; a date, as a proxy may send it, counts as nothing."""
    named = response.headers.get("Retry-After", "")
    return min(float(named), _LONGEST_WAIT) if named.isdecimal() else 0.0


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_error:
        raise error_of(response)
    return response
