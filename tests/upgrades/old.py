"""An installation of an earlier version beside the one of the tests."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from config.broker import conninfo_of

DUMP = Path(__file__).with_name("0.1.0.sql.gz")


def dump_text() -> str:
    return gzip.decompress(DUMP.read_bytes()).decode()


def dump_rows() -> Counter[str]:
    """Table -> rows that the dump has of it."""
    return Counter(re.findall(r"(?m)^INSERT INTO public\.(\w+) VALUES", dump_text()))


@contextmanager
def restored(name: str) -> Iterator[None]:
    """The dump as a database of its own, and Django connected to that."""
    own = str(connection.settings_dict["NAME"])
    server = conninfo_of({**connection.settings_dict, "NAME": own})
    with psycopg.connect(server, autocommit=True) as here:
        here.execute(f'drop database if exists "{name}" with (force)'.encode())
        here.execute(f'create database "{name}"'.encode())
    with psycopg.connect(conninfo_of({**connection.settings_dict, "NAME": name})) as there:
        there.execute(dump_text().encode())
    try:
        _connect(name)
        yield
    finally:
        _connect(own)
        with psycopg.connect(server, autocommit=True) as here:
            here.execute(f'drop database "{name}" with (force)'.encode())


def _connect(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name
    ContentType.objects.clear_cache()
