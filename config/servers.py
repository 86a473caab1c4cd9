"""The servers that may be asked, as the settings name them."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured

from training.serving.outbound import HOSTS, KEY, URL, NotAllowed, Outbound, hosts_check


def servers_check(
    url: str, key: str, hosts: Sequence[str], url_name: str = URL, key_name: str = KEY
) -> None:
    """Raises ImproperlyConfigured for what would allow less, or more, than it seems to."""
    try:
        hosts_check(hosts)
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{HOSTS}: {error}; list names, name:port, addresses and networks with commas"
        ) from error
    if key and not url:
        raise ImproperlyConfigured(
            f"{key_name} belongs to one server and is sent to no other: name it in {url_name}"
        )
    if url:
        try:
            Outbound(url).name_check(url)
        except NotAllowed as error:
            raise ImproperlyConfigured(f"{url_name}: {error}") from error
