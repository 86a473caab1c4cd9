"""Which servers may be asked for texts and verdicts, and a client that asks no other.

Runs name servers by address, and people who may start a run are not the people who run the
machine: without a list, an address could point into the private network, and the key of one
server would be sent to another. Pure: trainers, which know no settings, use it as well.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

import httpx

URL, KEY, HOSTS = "STEPWISE_POLICY_URL", "STEPWISE_POLICY_API_KEY", "STEPWISE_POLICY_HOSTS"
_PORTS = {"http": 80, "https": 443}
# Addresses that carry an IPv4 address in their last 32 bits (RFC 6052).
_NAT64 = IPv6Network("64:ff9b::/96")

Address = IPv4Address | IPv6Address


class NotAllowed(Exception):
    """This server may not be asked; the message says what an administrator can do."""


@dataclass(frozen=True, slots=True)
class Outbound:
    """``url``: the installation's own server, wherever its name leads; it alone gets ``key``.
    ``hosts``: the others, as ``name``, ``name:port``, an address or a network. A name may lead
    to public addresses; to a private one only if that address is listed as well.
    """

    url: str = ""
    key: str = ""
    hosts: Sequence[str] = ()

    @classmethod
    def from_environment(cls) -> Outbound:
        """As :meth:`environment` wrote it for a child process."""
        hosts = [host for host in os.environ.get(HOSTS, "").split(",") if host]
        return cls(os.environ.get(URL, ""), os.environ.get(KEY, ""), hosts)

    def environment(self) -> dict[str, str]:
        return {URL: self.url, KEY: self.key, HOSTS: ",".join(self.hosts)}

    def name_check(self, url: str) -> None:
        """Raises NotAllowed for a server that is not listed, without looking it up."""
        parsed = _parsed(url)
        if self._is_own(parsed) or _literal(parsed.host) in self:
            return
        names = {host.lower() for host in self.hosts}
        if not names & {parsed.host, f"{parsed.host}:{_port(parsed)}"}:
            raise NotAllowed(
                f"the server '{parsed.host}' is not allowed: an administrator can list it in "
                f"{HOSTS}"
            )

    def addresses(self, url: str) -> list[Address]:
        """Where the name leads now, every address checked.

        Raises:
            NotAllowed: it is not listed, or one of its addresses is private and not listed.
            OSError: the name is not known.
        """
        self.name_check(url)
        parsed = _parsed(url)
        looked_up = socket.getaddrinfo(parsed.host, _port(parsed), type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(ip_address(str(row[4][0])) for row in looked_up))
        if not self._is_own(parsed):
            for address in addresses:
                if not _is_public(address) and address not in self:
                    raise NotAllowed(
                        f"the server '{parsed.host}' leads to a private address: an "
                        f"administrator can list that address in {HOSTS}"
                    )
        return addresses

    def headers(self, url: str) -> dict[str, str]:
        """The key, for the server that it belongs to."""
        mine = self.key and self._is_own(_parsed(url))
        return {"Authorization": f"Bearer {self.key}"} if mine else {}

    def client(self, url: str, *, timeout: float, connections: int = 1) -> httpx.Client:
        """A client for ``url``. It follows no redirect and takes nothing from the environment
        (proxies, .netrc)."""
        limits = httpx.Limits(max_connections=connections)
        return httpx.Client(
            headers=self.headers(url),
            timeout=timeout,
            transport=_CheckedTransport(self, limits=limits, trust_env=False),
            trust_env=False,
            follow_redirects=False,
        )

    def __contains__(self, address: object) -> bool:
        if not isinstance(address, IPv4Address | IPv6Address):
            return False
        return any(_plain(address) in network for network in _networks(self.hosts))

    def _is_own(self, parsed: httpx.URL) -> bool:
        return bool(self.url) and _origin(_parsed(self.url)) == _origin(parsed)


class _CheckedTransport(httpx.HTTPTransport):
    """Looks the name up for each request and connects to the very addresses it has checked: a
    name that leads elsewhere a moment later changes nothing."""

    def __init__(self, outbound: Outbound, **options: Any) -> None:
        super().__init__(**options)
        self._outbound = outbound

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        try:
            addresses = self._outbound.addresses(str(url))
        except OSError as error:
            raise httpx.ConnectError("the name is not known", request=request) from error
        request.extensions = {**request.extensions, "sni_hostname": url.host}
        for address in addresses[:-1]:
            request.url = url.copy_with(host=str(address))
            try:
                return super().handle_request(request)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        request.url = url.copy_with(host=str(addresses[-1]))
        return super().handle_request(request)


def hosts_check(hosts: Sequence[str]) -> None:
    """Raises ValueError for an entry that is neither a name, an address nor a network."""
    for host in hosts:
        if "/" in host:
            ip_network(host)
        elif not host or any(c in host for c in "@?#* "):
            raise ValueError(f"'{host}' is not a host")


def _networks(hosts: Sequence[str]) -> Iterator[Any]:
    for host in hosts:
        try:
            yield ip_network(host)
        except ValueError:
            continue


def _parsed(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError, TypeError) as error:
        raise NotAllowed("the server's address is not a URL") from error
    if parsed.scheme not in _PORTS or not parsed.host:
        raise NotAllowed("the server's address must begin with http:// or https://")
    if parsed.userinfo:
        raise NotAllowed("the server's address must not hold a user name or a password")
    return parsed


def _port(url: httpx.URL) -> int:
    return url.port or _PORTS[url.scheme]


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, _port(url)


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _plain(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _is_public(address: Address) -> bool:
    plain = _plain(address)
    return plain.is_global and not plain.is_multicast
