"""A function of the database is as its file says after each update."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection

from annotation.models.functions import Function, functions_install
from config.functions import FUNCTIONS

pytestmark = pytest.mark.django_db

ONE = Function("stepwise_toy", "CREATE OR REPLACE FUNCTION stepwise_toy() RETURNS int "
               "LANGUAGE sql AS 'SELECT 1'")  # fmt: skip
TEXT = Function("stepwise_toy", "CREATE OR REPLACE FUNCTION stepwise_toy(a text) RETURNS text "
                "LANGUAGE sql AS 'SELECT a'")  # fmt: skip


def run(sql: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0] if cursor.description else None


def definition(name: str) -> str:
    return str(run(f"SELECT pg_get_functiondef('{name}'::regproc)"))


def test_a_migrated_database_has_every_function_and_nothing_is_made_twice() -> None:
    assert functions_install(FUNCTIONS) == []


def test_a_function_whose_text_has_changed_is_made_again_also_with_other_arguments() -> None:
    assert functions_install([ONE]) == ["stepwise_toy"]
    assert run("SELECT stepwise_toy()") == 1
    assert functions_install([ONE]) == []
    assert functions_install([TEXT]) == ["stepwise_toy"]
    assert run("SELECT stepwise_toy('b')") == "b"
    assert run("SELECT count(*) FROM pg_proc WHERE proname = 'stepwise_toy'") == 1


@pytest.mark.parametrize(
    ("name", "other"),
    [
        # What triggers use cannot be removed; it is replaced.
        (
            "stepwise_outbox_mark",
            "CREATE OR REPLACE FUNCTION stepwise_outbox_mark() RETURNS trigger "
            "LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        ),
        (
            "stepwise_outbox_newest",
            "CREATE OR REPLACE FUNCTION stepwise_outbox_newest(outbox text) RETURNS bigint "
            "LANGUAGE sql AS 'SELECT 0::bigint'",
        ),
    ],
)
def test_migrate_makes_a_function_again_that_is_not_as_its_file_says(
    name: str, other: str
) -> None:
    before = definition(name)
    run(other)
    assert definition(name) != before
    call_command("migrate", verbosity=0)
    assert definition(name) == before
