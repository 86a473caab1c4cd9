"""The settings as a deployment meets them, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

from config.embedded import ROOT

SERVER = "postgresql://stepwise@db.example.org/stepwise"


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    # The browser tests set DJANGO_ALLOW_ASYNC_UNSAFE for this process; a deployment does not.
    foreign = ("STEPWISE_", "DJANGO_", "CELERY_")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(foreign)}
    environment |= {"DATABASE_URL": SERVER} | variables
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_deployment_without_a_key_does_not_start_and_says_what_is_missing() -> None:
    done = manage("check")
    assert done.returncode != 0
    assert "STEPWISE_SECRET_KEY (or STEPWISE_SECRET_KEY_FILE) is required" in done.stderr


def test_the_key_of_the_example_stops_the_start_with_one_line() -> None:
    done = manage("check", STEPWISE_SECRET_KEY="replace-me-with-50-random-characters")
    assert done.returncode != 0
    [line] = done.stderr.splitlines()
    assert line.startswith("cannot start: STEPWISE_SECRET_KEY is the placeholder")


def test_a_database_that_is_no_postgres_is_refused() -> None:
    done = manage("check", DATABASE_URL="sqlite:///x.db", STEPWISE_SECRET_KEY="k" * 60)
    assert done.returncode != 0
    assert "DATABASE_URL must name a PostgreSQL server" in done.stderr


def test_behind_tls_djangos_own_deployment_check_finds_nothing() -> None:
    done = manage(
        *("check", "--deploy", "--fail-level", "WARNING"),
        STEPWISE_SECRET_KEY="0123456789abcdefghijklmnopqrstuvwxyz" * 2,
        STEPWISE_HTTPS="1",
        STEPWISE_ALLOWED_HOSTS="stepwise.example.org",
    )
    assert done.returncode == 0, done.stderr


def test_a_key_without_the_server_that_it_belongs_to_does_not_start() -> None:
    done = manage("check", STEPWISE_SECRET_KEY="k" * 60, STEPWISE_POLICY_API_KEY="secret")
    assert done.returncode != 0
    assert "name it in STEPWISE_POLICY_URL" in done.stderr
    assert "secret" not in done.stderr.splitlines()[-1]


def test_a_list_of_servers_that_makes_no_sense_does_not_start() -> None:
    done = manage("check", STEPWISE_SECRET_KEY="k" * 60, STEPWISE_POLICY_HOSTS="http://rm")
    assert done.returncode != 0
    assert "STEPWISE_POLICY_HOSTS: " in done.stderr
