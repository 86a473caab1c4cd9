"""Where a request comes from."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """The caller's address; "" where there is none.

    Behind ``PROXIES`` proxies it is what the outermost of them saw: whatever stands further
    left in X-Forwarded-For was sent by the caller. Of IPv6 the network, because one connection
    usually has a whole one.
    """
    address = str(request.META.get("REMOTE_ADDR") or "")
    forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR") or "").split(",")
    if 0 < settings.PROXIES <= len(forwarded):
        address = forwarded[-settings.PROXIES].strip() or address
    return _network(address)


def _network(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:100]
    if isinstance(parsed, IPv6Address) and not parsed.ipv4_mapped:
        return str(ip_network((parsed, 64), strict=False))
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)
